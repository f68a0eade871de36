import { TunnelError } from '../../../shared/errors.ts';
import type { Evidence } from '../../../shared/evidence.ts';
import type { TunnelSnapshot } from '../../../shared/tunnel.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { failed, passed, skipped, type ProfileCheck, type ProfileLook } from '../check.ts';
import { serveForAMoment } from '../serve.ts';

const step = 'key.use';

/** What the poller of a running tunnel proves, as far as it does. */
function fromSnapshot({ state, lastPollAt, counts }: TunnelSnapshot): Evidence {
  switch (state.kind) {
    case 'connected':
    case 'degraded':
      return passed(step, 'control-plane', {
        from: 'the running tunnel',
        commands: counts.commands,
        ...(lastPollAt === undefined ? {} : { lastPollAt }),
      });
    case 'waiting':
    case 'unauthorised':
      return failed(step, new TunnelError(state.error.code, state.error.leg, state.error.params));
    case 'stopped':
    case 'starting':
    case 'stopping':
      return skipped(step, 'control-plane', `The tunnel is ${state.kind}.`);
  }
}

async function inOtherProcess({ subject, services }: ProfileLook): Promise<Evidence | undefined> {
  const other = (await listRuntimeFiles(services.runtimeFolder)).find(
    ({ record, alive }) =>
      alive && record.pid !== process.pid && record.profiles.some(({ id, held }) => id === subject.id && held),
  );
  if (!other) return undefined;
  const { pid, address } = other.record;
  const ready =
    address === undefined
      ? undefined
      : await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
  if (ready?.status === 200) return passed(step, 'control-plane', { from: `process ${pid}, which says it is ready` });
  return skipped(step, 'control-plane', `Process ${pid} runs this tunnel and does not say that it is ready.`);
}

export const keyUse: ProfileCheck = {
  scope: 'profile',
  id: 'key-use',
  title: 'Key may use this tunnel',
  why: 'Reading is one right and using another: only a poll that is accepted proves it.',
  after: ['source', 'references', 'key', 'control-plane', 'key-read', 'base-url'],
  behindCommands: ['server'],
  limitMs: 40_000,
  async run(look) {
    const { running, services, profile, way } = look;
    if (running) {
      const proof = fromSnapshot(running);
      way.pollAccepted = proof.outcome === 'pass';
      return { evidence: [proof] };
    }
    const elsewhere = await inOtherProcess(look);
    if (elsewhere) return { evidence: [elsewhere] };
    try {
      await services.approvals?.require(profile);
    } catch (error) {
      const reason = 'A poll may bring a call, and the command of this tunnel waits for your consent.';
      if (error instanceof TunnelError && error.code === 'command_not_approved') {
        return { evidence: [skipped(step, 'control-plane', reason)] };
      }
      throw error;
    }
    const proof = await serveForAMoment(look, step);
    way.pollAccepted = proof.outcome === 'pass';
    return { evidence: [proof] };
  },
};
