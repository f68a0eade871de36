import { TunnelError } from '../../../shared/errors.ts';
import type { Evidence } from '../../../shared/evidence.ts';
import { describeSilence } from '../../../shared/silence-words.ts';
import type { TunnelSnapshot } from '../../../shared/tunnel.ts';
import { ControlClient } from '../../runtime/control-client.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { failed, passed, skipped, warned, type ProfileCheck, type ProfileLook } from '../check.ts';
import { serveForAMoment } from '../serve.ts';

const step = 'key.use';

/** What a poll may take on top of its own time before the word of the last one no longer counts, in milliseconds. */
const marginMs = 10_000;

/** What the control plane answered last, in its own words. */
const wordFor = ({ at, to, status, headers, body }: NonNullable<TunnelSnapshot['lastWord']>): string =>
  [`${new Date(at).toISOString()}, to ${to === 'poll' ? 'a poll' : 'an answer'}: ${status}`, ...headers, body]
    .filter((line) => line !== '')
    .join('\n');

/** What the poller of a tunnel that runs proves, as far as it does; `from` says whose it is. */
function fromSnapshot(
  { state, lastPollAt, counts, lastWord, silence }: TunnelSnapshot,
  { profile: { controlPlane }, services }: ProfileLook,
  from: string,
): Evidence {
  const said = lastWord && { answered: wordFor(lastWord) };
  switch (state.kind) {
    case 'connected':
    case 'degraded': {
      if (lastPollAt === undefined)
        return skipped(step, 'control-plane', `No poll of ${from} has been answered so far.`);
      const { pollTimeoutMs, pollDeadlineGuardrailMs, pollIntervalMs } = controlPlane;
      const ageMs = (services.now?.() ?? Date.now()) - lastPollAt;
      const at = new Date(lastPollAt).toISOString();
      if (ageMs > pollTimeoutMs + pollDeadlineGuardrailMs + pollIntervalMs + marginMs) {
        const age = `${Math.round(ageMs / 1_000)} s ago, longer than a poll takes`;
        return skipped(step, 'control-plane', `The last good poll of ${from} was at ${at}: ${age}.`);
      }
      const facts = { from, commands: counts.commands, lastPollAt: at, ...said };
      if (!silence) return passed(step, 'control-plane', facts);
      const { title, cause, next } = describeSilence(silence);
      return warned(step, 'control-plane', `${title}. ${cause} ${next}`, facts);
    }
    case 'waiting':
    case 'unauthorised':
      return failed(step, new TunnelError(state.error.code, state.error.leg, state.error.params), 'fail', {
        from,
        ...said,
      });
    case 'stopped':
    case 'starting':
    case 'stopping':
      return skipped(step, 'control-plane', `The tunnel is ${state.kind} in ${from}.`);
  }
}

/** What another process of this account that runs the tunnel says of its polls, over the API that its own pages use. */
async function inOtherProcess(look: ProfileLook): Promise<Evidence | undefined> {
  const { subject, services } = look;
  const other = (await listRuntimeFiles(services.runtimeFolder)).find(
    ({ record, alive }) =>
      alive && record.pid !== process.pid && record.profiles.some(({ id, held }) => id === subject.id && held),
  );
  if (!other) return undefined;
  const { pid, address } = other.record;
  const named = address === undefined ? `process ${pid}` : `process ${pid} at ${address}`;
  const tunnels = await new ControlClient(other.record).call('app.snapshot', undefined).then(
    (app) => app.tunnels,
    () => undefined,
  );
  const found = tunnels?.find(({ id }) => id === subject.id);
  if (found) return fromSnapshot(found.snapshot, look, named);
  const why = tunnels ? 'does not list it' : 'does not answer';
  return skipped(step, 'control-plane', `The profile is held by ${named}, which ${why}.`);
}

export const keyUse: ProfileCheck = {
  scope: 'profile',
  id: 'key-use',
  title: 'Right to use this tunnel',
  why: 'Reading is one right and using another: only a poll that is accepted proves it.',
  after: ['source', 'references', 'key', 'control-plane', 'key-read', 'base-url'],
  behindCommands: ['server'],
  limitMs: 40_000,
  async run(look) {
    const { running, services, profile, way } = look;
    if (running) {
      const proof = fromSnapshot(running, look, 'the running tunnel');
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
