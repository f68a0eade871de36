import type { AppSnapshot, TunnelView } from '../../../shared/app.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { allInOrder } from '../../base/all-in-order.ts';
import { runtimeFolder } from '../../runtime/runtime-folder.ts';
import { listRuntimeFiles, type RuntimeRecord } from '../../runtime/runtime-record.ts';
import type { Env } from '../../settings/layers.ts';
import { ControlClient } from '../../runtime/control-client.ts';

export interface CulvertProcess {
  readonly record: RuntimeRecord;
  readonly client: ControlClient;
}

/** A tunnel by its profile's name, and the process that is asked about it. */
export interface Chosen extends CulvertProcess {
  readonly id: string;
  readonly name: string;
  /** Undefined: the process knows the profile and has not run it yet. */
  readonly view: TunnelView | undefined;
}

export const kindName = ({ kind = 'run' }: RuntimeRecord): string =>
  ({ app: 'the app', run: 'culvert run', demo: 'culvert demo' })[kind];

/** The Culverts of this account that run and listen, oldest first; with `pid` that one alone. */
export async function findProcesses(env: Env, pid?: number): Promise<readonly CulvertProcess[]> {
  const entries = await listRuntimeFiles(runtimeFolder(env));
  return entries
    .filter(({ alive, record }) => alive && record.address !== undefined && (pid === undefined || record.pid === pid))
    .map(({ record }) => ({ record, client: new ControlClient(record) }))
    .sort((a, b) => a.record.startedAt - b.record.startedAt);
}

const several = (what: string, processes: readonly CulvertProcess[]): TunnelError =>
  new TunnelError('several_running', 'local', {
    what,
    pids: processes.map(({ record }) => `${record.pid} (${kindName(record)})`).join(', '),
  });

async function someProcesses(env: Env, pid: number | undefined): Promise<readonly CulvertProcess[]> {
  const processes = await findProcesses(env, pid);
  if (processes.length > 0) return processes;
  throw new TunnelError('nothing_running', 'local', pid === undefined ? {} : { pid });
}

/** The one process there is. Rejects with `nothing_running` or `several_running`. */
export async function onlyProcess(env: Env, what: string, pid?: number): Promise<CulvertProcess> {
  const processes = await someProcesses(env, pid);
  const [only] = processes;
  if (!only || processes.length > 1) throw several(what, processes);
  return only;
}

export const isOn = (view: TunnelView | undefined): boolean =>
  view !== undefined && (view.snapshot.state.kind !== 'stopped' || view.pausedUntil !== undefined);

function chosenIn(process: CulvertProcess, snapshot: AppSnapshot, wanted: string): Chosen | undefined {
  const view = snapshot.tunnels.find(
    ({ id, draft, snapshot: { name } }) => !draft && (name === wanted || id === wanted),
  );
  if (view) return { ...process, id: view.id, name: view.snapshot.name, view };
  const profile = snapshot.profiles.find(({ id, name }) => name === wanted || id === wanted);
  if (!profile) return undefined;
  const own = snapshot.tunnels.find(({ id }) => id === profile.id);
  return { ...process, id: profile.id, name: profile.name, view: own };
}

/**
 * Where a profile runs; else the process that would run it: one that has run it, else the app, else the only one. Rejects with
 * `nothing_running`, `profile_not_found` (naming those there are) or `several_running`.
 */
export async function findTunnel(env: Env, wanted: string, pid?: number): Promise<Chosen> {
  const processes = await someProcesses(env, pid);
  const snapshots = await allInOrder(processes.map(({ client }) => client.call('app.snapshot', undefined)));
  const found = processes.flatMap((process, index) => {
    const snapshot = snapshots[index];
    const chosen = snapshot && chosenIn(process, snapshot, wanted);
    return chosen ? [chosen] : [];
  });
  if (found.length === 0) {
    const names = snapshots.flatMap(({ tunnels, profiles }) => [
      ...tunnels.filter(({ draft }) => !draft).map(({ snapshot }) => snapshot.name),
      ...profiles.map(({ name }) => name),
    ]);
    throw new TunnelError('profile_not_found', 'local', {
      name: wanted,
      hint: '`culvert status` tells what runs, `culvert profiles list` what could.',
      ...(names.length === 0 ? {} : { names: [...new Set(names)].join(', ') }),
    });
  }
  for (const rule of [
    ({ view }: Chosen) => isOn(view),
    ({ view }: Chosen) => view !== undefined,
    ({ record }: Chosen) => record.kind === 'app',
    () => true,
  ]) {
    const fitting = found.filter(rule);
    const [first] = fitting;
    if (first && fitting.length === 1) return first;
    if (first) throw several(`The profile ${wanted}`, fitting);
  }
  throw several(`The profile ${wanted}`, found);
}
