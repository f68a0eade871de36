import { TunnelError, type Leg } from '../../shared/errors.ts';

/** What was thrown, as the one error type: an unforeseen throw is `internal`, with itself as the cause. */
export const asTunnelError = (error: unknown, leg: Leg = 'local'): TunnelError =>
  error instanceof TunnelError ? error : new TunnelError('internal', leg, {}, { cause: error });
