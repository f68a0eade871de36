import { TunnelError, type Leg } from '../../shared/errors.ts';
import { isOutOfFiles, openFilesLimit } from './open-files.ts';

/** What was thrown, as the one error type: an unforeseen throw is `internal`, with itself as the cause. */
export function asTunnelError(error: unknown, leg: Leg = 'local'): TunnelError {
  if (error instanceof TunnelError) return error;
  return isOutOfFiles(error) ? outOfFiles(error) : new TunnelError('internal', leg, {}, { cause: error });
}

/** No descriptor is left: a limit of the machine, whatever was to be opened. */
export function outOfFiles(cause: unknown): TunnelError {
  const limit = openFilesLimit();
  return new TunnelError('files_exhausted', 'local', limit === undefined ? {} : { limit }, { cause });
}
