import bash from '../../../assets/completion/culvert.bash?raw';
import fish from '../../../assets/completion/culvert.fish?raw';
import powershell from '../../../assets/completion/culvert.ps1?raw';
import zsh from '../../../assets/completion/_culvert?raw';

/** What a shell reads to complete our command line: each asks `culvert completion words`. */
export const completionScripts = { bash, zsh, fish, powershell } as const;
