import { Argument } from 'commander';
import type { AddCommand } from '../add-command.ts';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

const description = `Print a script that lets a shell complete commands, flags, their values, and the names of profiles and samples.

bash (with bash-completion), zsh, fish and PowerShell, once for all shells to come:

  culvert completion bash \\
    > ~/.local/share/bash-completion/completions/culvert
  culvert completion zsh > "\${fpath[1]}/_culvert"
  culvert completion fish > ~/.config/fish/completions/culvert.fish
  culvert completion powershell >> $PROFILE

For the shell that you are in (zsh: after compinit):

  source <(culvert completion bash)
  source <(culvert completion zsh)
  culvert completion fish | source
  culvert completion powershell | Out-String | Invoke-Expression

The Debian and RPM packages of the app bring the first three along.`;

/** `culvert completion SHELL`; the scripts ask `culvert completion words`. */
export const addCompletion: AddCommand = (program, finish) => {
  const completion = program
    .command('completion')
    .summary('print a script that completes commands in your shell')
    .description(description)
    .usage('<shell>')
    .helpCommand(false)
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .allowExcessArguments(false)
    .action(async (shell: Shell) => {
      const { completionScripts } = await import('./scripts.ts');
      process.stdout.write(completionScripts[shell]);
      finish(0);
    });
  completion
    .command('words', { hidden: true })
    .description('Print what may stand next on a command line: for the scripts.')
    .option('--current <text>', 'the word that is being typed', '')
    .argument('[before...]', 'the words before it')
    .action(async (before: string[], { current }: { current: string }) => {
      const { completeWords } = await import('./words.ts');
      const { kind, words } = await completeWords(program, before, current, process.env);
      process.stdout.write(
        [kind, ...words.map(({ word, text }) => (text === '' ? word : `${word}\t${text}`)), ''].join('\n'),
      );
      finish(0);
    });
};
