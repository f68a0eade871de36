import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { DoctorRun } from '../../../shared/doctor.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/messages.ts';
import { createProbes } from '../../diagnosis/probes.ts';
import { asTunnelError } from '../../base/as-tunnel-error.ts';
import { type Subject } from '../../doctor/check.ts';
import { Doctor } from '../../doctor/doctor.ts';
import { reportOf } from '../../doctor/report.ts';
import { createEngine } from '../../engine.ts';
import { desktopPath, enhancedPath } from '../../process/path.ts';
import { createLog } from '../../observe/log.ts';
import { headlessLimits, TraceStore } from '../../observe/trace-store.ts';
import { configFolder } from '../../settings/folders.ts';
import { loadProfile } from '../../profiles/load.ts';
import { ProfileStore } from '../../profiles/profile-store.ts';
import { derivedId, selectFile, type Selection } from '../../profiles/source.ts';
import { RuntimeFile } from '../../runtime/runtime-file.ts';
import { runtimeFolder } from '../../runtime/runtime-folder.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { createSecrets } from '../../secrets/resolver.ts';
import type { Env, FlagValues } from '../../settings/layers.ts';
import { systemClock } from '../../base/clock.ts';
import { version } from '../../base/version.ts';
import { helpWidth } from '../help/help-layout.ts';
import { listenForEnd } from '../run/signals.ts';
import { wrapped } from '../help/wrap.ts';

export interface DoctorRequest {
  readonly selections: readonly Selection[];
  readonly flags: FlagValues;
  readonly env: Env;
  readonly explain?: boolean;
  readonly json?: boolean;
  readonly fix?: boolean;
}

/** docs/doctor.md: the worst outcome of all checks. */
const exits = { pass: 0, warn: 4, fail: 5 } as const;

/** A pipe has no width: a program that reads lines gets whole ones. */
const inTerminal = (text: string): string =>
  process.stdout.isTTY ? wrapped(text, Math.max(helpWidth() - 1, 20)) : text;

const say = (text: string): void => void process.stdout.write(text);

/** `culvert doctor`: resolves with the exit code, which says the worst outcome. */
export async function doctor({ selections, flags, env, explain, json, fix }: DoctorRequest): Promise<number> {
  const wanted = await chosen(selections, flags, env);
  const runtime = await RuntimeFile.open(runtimeFolder(env)).catch(() => undefined);
  const secrets = createSecrets({ env, store: createKeychain });
  const log = createLog('error', () => undefined);
  const children = {
    added: (pid: number) => runtime?.added(pid),
    removed: (pid: number) => runtime?.removed(pid),
  };
  // where a shell would find a program: that the process itself does not is said by a check
  const searchPath = () => enhancedPath(env);
  const manager = createEngine({
    secrets,
    env,
    log,
    traces: new TraceStore(headlessLimits, () => undefined),
    searchPath,
    children,
  });
  const identity = { name: 'culvert', version, instanceId: randomUUID() };
  const probes = createProbes({
    clock: systemClock,
    env,
    secrets,
    log,
    searchPath,
    children,
    identity,
    channelOf: (id, name) => manager.channel(id, name),
  });
  const keychain = createKeychain();
  const made = new Doctor({
    services: {
      env,
      secrets,
      secretStore: () => keychain,
      probes,
      manager,
      searchPath,
      loginPath: { ask: desktopPath(env).ask },
      store: wanted.store,
      folder: configFolder(env),
      runtimeFolder: runtimeFolder(env),
    },
  });
  const end = listenForEnd();
  void end.first.then(() => made.cancel());
  const names = new Map(wanted.subjects.map(({ id, name }) => [id, name]));
  try {
    let run = await made.run(wanted.subjects);
    if (fix && (await applyFixes(made, run))) run = await made.run((await chosen(selections, flags, env)).subjects);
    say(
      json
        ? `${JSON.stringify(run, null, 2)}\n`
        : inTerminal(reportOf(run, { names, ...(explain ? { explain } : {}) })),
    );
    return exitOf(run);
  } finally {
    await made.settled();
    await manager.stopAll();
    await runtime?.close();
    end.release();
  }
}

function exitOf({ checks }: DoctorRun): number {
  if (checks.some(({ state }) => state === 'fail')) return exits.fail;
  return checks.some(({ state }) => state === 'warn') ? exits.warn : exits.pass;
}

/** Says each change and makes it. What cannot be made is said too, and the others are still made. */
async function applyFixes(doctor: Doctor, run: DoctorRun): Promise<boolean> {
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  let changed = false;
  for (const { fix } of run.checks) {
    if (!fix) continue;
    const { summary, file, before, after } = doctor.preview(fix.id);
    tell(summary);
    if (file !== undefined) tell(`  in ${file}`);
    for (const line of before?.split('\n') ?? []) tell(`  - ${line}`);
    for (const line of after?.split('\n') ?? []) tell(`  + ${line}`);
    try {
      await doctor.apply(fix.id);
      changed = true;
    } catch (error) {
      tell(`  Not done: ${sentence(asTunnelError(error))}`);
    }
  }
  return changed;
}

interface Chosen {
  readonly subjects: readonly Subject[];
  readonly store: ProfileStore;
}

/** What was asked for; where nothing was, every profile that is found. */
async function chosen(selections: readonly Selection[], flags: FlagValues, env: Env): Promise<Chosen> {
  const [first = {}] = selections;
  const file = await selectFile(first, env).catch(() => undefined);
  const folder =
    first.profileDir ??
    (file !== undefined && (first.profileFile ?? first.config) !== undefined ? dirname(file) : undefined);
  const store = new ProfileStore({ env, ...(folder === undefined ? {} : { folder }) });
  const known = await store.list();
  const [unreadable] = known.length === 0 ? await store.problems() : [];
  const nothingAsked =
    file === undefined &&
    flags.size === 0 &&
    Object.keys(first).every((key) => key === 'profileDir') &&
    (env['CONTROL_PLANE_TUNNEL_ID'] ?? '') === '';
  if (nothingAsked && unreadable) throw unreadable;
  const asked = nothingAsked ? known.map(({ file: profileFile }): Selection => ({ profileFile })) : selections;
  const subjects = await Promise.all(asked.map((selection) => subjectOf(selection, flags, env, known)));
  return { subjects, store };
}

async function subjectOf(
  selection: Selection,
  flags: FlagValues,
  env: Env,
  known: Awaited<ReturnType<ProfileStore['list']>>,
): Promise<Subject> {
  try {
    const { profile, settings, file } = await loadProfile(selection, flags, env);
    const { id, name } = profile;
    const stored = known.some((entry) => entry.id === id);
    return {
      id,
      name,
      profile,
      stored,
      listen: settings.listen.address ?? null,
      ...(file === undefined ? {} : { file }),
    };
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    const file = await selectFile(selection, env).catch(() => undefined);
    const entry = known.find((each) => each.file === file);
    const name = entry?.name ?? selection.profile ?? file ?? 'culvert';
    return {
      id: entry?.id ?? derivedId('run', name),
      name,
      error,
      stored: entry !== undefined,
      ...(file === undefined ? {} : { file }),
    };
  }
}
