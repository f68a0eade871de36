import type { Evidence } from '../../shared/evidence.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { StdioChannelConfig } from '../../shared/profile.ts';
import { describeCommand } from '../approvals/command-description.ts';
import type { ChannelDeps } from '../mcp/channels.ts';

/** The program that a command names, as evidence. Rejects with `command_not_found`, `folder_missing`, `config_invalid`. */
export async function resolvedCommand(
  config: StdioChannelConfig,
  { env, searchPath }: Pick<ChannelDeps, 'env' | 'searchPath'>,
): Promise<{ readonly value: true; readonly facts: Evidence['facts'] }> {
  const described = await describeCommand(config, {
    env,
    searchPath: searchPath ?? (() => Promise.resolve(env['PATH'] ?? '')),
  });
  const { error, program = '', args, cwd } = described;
  if (error) throw new TunnelError(error.code, error.leg, error.params);
  return { value: true, facts: { program, args, folder: cwd, environment: described.env.map(({ name }) => name) } };
}
