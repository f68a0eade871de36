import type { TunnelView } from '../../../shared/app.ts';
import { TunnelError, type TunnelErrorData } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/messages.ts';
import { stateWord } from '../../../shared/state-words.ts';
import { clean } from '../../observe/log-format.ts';
import type { Env } from '../../settings/layers.ts';
import { exitCodes } from '../exit.ts';
import { findProcesses, kindName, type CulvertProcess } from './processes.ts';
import { tunnelSentence, verdictSentence } from './tunnel-words.ts';

interface Answer extends CulvertProcess {
  readonly tunnels: readonly TunnelView[];
  readonly error?: TunnelErrorData;
}

async function ask(process: CulvertProcess): Promise<Answer> {
  try {
    const { tunnels } = await process.client.call('app.snapshot', undefined);
    return { ...process, tunnels: tunnels.filter(({ draft }) => !draft) };
  } catch (error) {
    if (error instanceof TunnelError) return { ...process, tunnels: [], error: error.toJSON() };
    throw error;
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function sayAnswer({ record, tunnels, error }: Answer): void {
  say(`${kindName(record)}, process ${record.pid}, ${record.address ?? ''}`);
  if (error) return say(`  ${sentence(error)}`);
  if (tunnels.length === 0) return say('  No tunnel has been started.');
  const names = tunnels.map(({ snapshot }) => clean(snapshot.name));
  const width = Math.max(...names.map(({ length }) => length));
  const states = Math.max(...tunnels.map((view) => stateWord(view).length));
  for (const [index, view] of tunnels.entries()) {
    say(`  ${names[index]?.padEnd(width) ?? ''}  ${stateWord(view).padEnd(states)}  ${clean(tunnelSentence(view))}`);
  }
}

const asJson = ({ record, tunnels, error }: Answer) => ({
  pid: record.pid,
  kind: record.kind ?? 'run',
  address: record.address,
  started_at: new Date(record.startedAt).toISOString(),
  tunnels: tunnels.map(({ id, snapshot, verdict, rates, pausedUntil }) => ({
    id,
    name: snapshot.name,
    tunnel_id: snapshot.tunnelId,
    state: snapshot.state.kind,
    verdict: {
      layer: verdict.layer,
      reason: verdict.reason,
      code: verdict.error?.code,
      sentence: verdictSentence(verdict),
    },
    channels: snapshot.channels.map(({ name, transport, state }) => ({ name, transport, state: state.kind })),
    in_flight: snapshot.inFlight,
    calls_last_hour: rates.calls,
    errors_last_hour: rates.errors,
    paused_until: pausedUntil === undefined ? undefined : new Date(pausedUntil).toISOString(),
  })),
  error: error && { code: error.code, sentence: sentence(error) },
});

/** Every Culvert process of this account and what its tunnels do. */
export async function showStatus(env: Env, json: boolean): Promise<number> {
  const answers = await Promise.all((await findProcesses(env)).map(ask));
  if (json) say(JSON.stringify({ processes: answers.map(asJson) }));
  else if (answers.length === 0) throw new TunnelError('nothing_running', 'local');
  else answers.forEach(sayAnswer);
  return answers.length === 0 ? exitCodes.cannotStart : exitCodes.done;
}
