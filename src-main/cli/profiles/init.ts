import type { InitValues } from './new-profile.ts';

/** `culvert init`. Rejects with `config_invalid`, `tunnel_id_invalid`, `profile_exists`. */
export async function init(given: InitValues): Promise<number> {
  const { tunnelId, import: found, mcpCommand, mcpServerUrl } = given;
  const complete = tunnelId !== undefined && (found ?? mcpCommand ?? mcpServerUrl) !== undefined;
  if (complete || !process.stdin.isTTY || !process.stdout.isTTY) {
    const { writeProfile } = await import('./write-profile.ts');
    return writeProfile(given);
  }
  const { runWizard } = await import('../wizard/wizard.ts');
  return runWizard(given);
}
