import type { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { KeyUse } from '../diagnosis/key-use.ts';
import { systemClock } from '../base/clock.ts';
import { failed, passed, skipped, type ProfileLook } from './check.ts';

// a command that cannot be split keeps the tunnel from starting: the check of the program says so
const isOfServer = ({ leg, params }: TunnelError): boolean => leg === 'mcp-server' || params['field'] === 'command';

/**
 * Proves *Use* by really serving: the tunnel is started, and whatever a poll brings is answered before it is stopped
 * again. Resolves once it has drained.
 */
export async function serveForAMoment(look: ProfileLook, step: string): Promise<Evidence> {
  const { services, profile, cancellation } = look;
  const started = performance.now();
  const use = new KeyUse(services.manager, profile, systemClock, cancellation);
  try {
    const error = await use.attempt();
    const ms = Math.round(performance.now() - started);
    if (!error) return { ...passed(step, 'control-plane', { from: 'a tunnel that was started for it' }), ms };
    return isOfServer(error)
      ? skipped(step, 'control-plane', 'The tunnel cannot be started: its MCP server cannot.')
      : { ...failed(step, error), ms };
  } finally {
    await use.end();
  }
}
