import type { TunnelView } from '../../../shared/app.ts';
import { stateWord } from '../../../shared/state-words.ts';
import type { Env } from '../../settings/layers.ts';
import { clean } from '../../observe/log-format.ts';
import { exitCodes } from '../exit.ts';
import { findTunnel, isOn, kindName, type Chosen } from './processes.ts';
import { tunnelSentence } from './tunnel-words.ts';

export interface Which {
  readonly profile: string;
  readonly pid: number | undefined;
}

/** A start that takes longer is told as it stands. */
const settleMs = 10_000;

const say = (text: string): void => void process.stdout.write(`${clean(text)}\n`);
const where = ({ record }: Chosen): string => `${kindName(record)} (process ${record.pid})`;

const isSettled = ({ state }: TunnelView['snapshot']): boolean =>
  state.kind !== 'starting' && (state.kind !== 'stopped' || state.error !== undefined);

/** Resolves with the tunnel once it is connected, or has said why not. */
async function startAndWatch({ client, id }: Chosen): Promise<TunnelView | undefined> {
  let settled: (view: TunnelView) => void = () => undefined;
  const outcome = new Promise<TunnelView>((resolve) => (settled = resolve));
  let last: TunnelView | undefined;
  const stream = await client.events({
    'app.delta': ({ tunnels = [] }) => {
      last = tunnels.find((view) => view.id === id) ?? last;
      if (last && isSettled(last.snapshot)) settled(last);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await client.call('app.snapshot', undefined);
    await client.call('tunnels.start', { id }, true);
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), settleMs)));
    return (await Promise.race([outcome, late, stream.ended.then(() => undefined)])) ?? last;
  } finally {
    clearTimeout(timer);
    stream.close();
  }
}

export async function startTunnel(env: Env, { profile, pid }: Which): Promise<number> {
  const chosen = await findTunnel(env, profile, pid);
  if (isOn(chosen.view) && chosen.view?.pausedUntil === undefined) {
    say(`${chosen.name} already runs in ${where(chosen)}.`);
    return exitCodes.done;
  }
  const view = await startAndWatch(chosen);
  say(`${chosen.name} in ${where(chosen)}: ${view ? `${stateWord(view)}. ${tunnelSentence(view)}` : 'started.'}`);
  const usable = !view || ['connected', 'degraded', 'starting'].includes(view.snapshot.state.kind);
  return usable ? exitCodes.done : exitCodes.cannotStart;
}

export async function stopTunnel(env: Env, { profile, pid }: Which): Promise<number> {
  const chosen = await findTunnel(env, profile, pid);
  if (!isOn(chosen.view)) {
    say(`${chosen.name} does not run.`);
    return exitCodes.done;
  }
  await chosen.client.call('tunnels.stop', { id: chosen.id }, true);
  say(`${chosen.name} is stopped; ${where(chosen)} goes on.`);
  return exitCodes.done;
}

export async function pauseTunnel(env: Env, { profile, pid }: Which, minutes: number): Promise<number> {
  const chosen = await findTunnel(env, profile, pid);
  if (!isOn(chosen.view)) {
    say(`${chosen.name} does not run.`);
    return exitCodes.done;
  }
  await chosen.client.call('tunnels.pause', { id: chosen.id, minutes }, true);
  say(`${chosen.name} is paused for ${minutes} min; \`culvert start ${chosen.name}\` ends the pause.`);
  return exitCodes.done;
}
