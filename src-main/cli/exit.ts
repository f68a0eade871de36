import { TunnelError, type ErrorCode } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';

/** docs/cli.md says what each means. */
export const exitCodes = { done: 0, fault: 1, usage: 2, cannotStart: 3, left: 130 } as const;

/** What the person who typed or wrote the configuration can put right there. */
const usage: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'config_invalid',
  'config_unreadable',
  'profile_not_found',
  'profile_exists',
  'tunnel_id_invalid',
  'key_missing',
  'key_is_admin',
  'key_is_runtime',
  'secret_env_missing',
  'secret_file_unreadable',
  'secret_empty',
  'header_invalid',
  'proxy_invalid',
  'ca_invalid',
  'client_certificate_invalid',
  'bad_request',
]);

export const exitCodeOf = (error: unknown): number =>
  !(error instanceof TunnelError) ? exitCodes.fault : usage.has(error.code) ? exitCodes.usage : exitCodes.cannotStart;

/** Says on standard error what went wrong, why, and what to do; gives the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof TunnelError) {
    const { title, cause, next } = describe(error);
    process.stderr.write(`culvert: ${title}.\n  ${cause}\n  ${next}\n`);
  } else {
    process.stderr.write(
      `culvert: Culvert has a fault of its own.\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
  return exitCodeOf(error);
}
