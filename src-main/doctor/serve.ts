import { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { failed, passed, skipped, type ProfileLook } from './check.ts';

/** Refusals come at once, and an accepted poll is known as such after a second. */
const proofMs = 20_000;

/**
 * Proves *Use* by really serving: the tunnel is started, and whatever a poll brings is answered before it is stopped
 * again. Resolves once it has drained.
 */
export async function serveForAMoment(look: ProfileLook, step: string): Promise<Evidence> {
  const { services, profile, cancellation } = look;
  const { manager } = services;
  const [first] = profile.channels;
  const runningChannel = () => first && manager.channel(profile.id, first.name);
  let ours: ReturnType<typeof runningChannel>;
  const started = performance.now();
  const outcome = new Promise<TunnelSnapshot | TunnelError>((resolve) => {
    const finish = (result: TunnelSnapshot | TunnelError) => {
      clearTimeout(limit);
      stopListening();
      unsubscribe();
      resolve(result);
    };
    const see = (snapshot: TunnelSnapshot) => {
      if (snapshot.id !== profile.id) return;
      ours ??= runningChannel();
      const { state } = snapshot;
      if (state.kind === 'connected' || state.kind === 'degraded') finish(snapshot);
      else if ((state.kind === 'waiting' || state.kind === 'unauthorised' || state.kind === 'stopped') && state.error) {
        finish(new TunnelError(state.error.code, state.error.leg, state.error.params));
      }
    };
    const limit = setTimeout(
      () => finish(new TunnelError('timed_out', 'control-plane', { seconds: proofMs / 1_000 })),
      proofMs,
    );
    const unsubscribe = manager.onChange(see);
    const stopListening = cancellation.onCancel(() => finish(new TunnelError('cancelled', 'local')));
  });
  try {
    await manager.start(profile);
    ours ??= runningChannel();
    const result = await outcome;
    const ms = Math.round(performance.now() - started);
    if (result instanceof TunnelError) return { ...failed(step, result), ms };
    return { ...passed(step, 'control-plane', { from: 'a tunnel that was started for it' }), ms };
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    // a command that cannot be split keeps the tunnel from starting: the check of the program says so
    if (error.leg === 'mcp-server' || error.params['field'] === 'command') {
      return skipped(step, 'control-plane', 'The tunnel cannot be started: its MCP server cannot.');
    }
    return failed(step, error);
  } finally {
    // a person may have started it meanwhile: theirs has taken the place of ours, and goes on
    if (ours === undefined || runningChannel() === ours) await manager.stop(profile.id);
  }
}
