import type { LogLine } from '../../../shared/log.ts';
import type { Profile } from '../../../shared/profile.ts';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allInOrder } from '../../base/all-in-order.ts';
import { DraftStore } from '../../drafts/draft-store.ts';
import type { HttpListener } from '../../admin/http-listener.ts';
import { createHeadless, type Headless } from '../../headless.ts';
import { mountUi } from '../../lazy-ui.ts';
import { ownPath, variable } from '../../process/environment.ts';
import { resolveProgram } from '../../process/program.ts';
import { splitCommand } from '../../process/command-line.ts';
import { createLog, type Log } from '../../observe/log.ts';
import { openLogOutput } from '../../observe/log-output.ts';
import { loadProfile } from '../../profiles/load.ts';
import type { Selection } from '../../profiles/source.ts';
import { checkSecrets } from '../../secrets/check-secrets.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import type { SecretStore } from '../../secrets/secret-store.ts';
import { createSecrets } from '../../secrets/resolver.ts';
import type { Env, FlagValues } from '../../settings/layers.ts';
import { announce } from './announced-file.ts';
import { exitCodes } from '../exit.ts';
import { holdCode } from './held-code.ts';
import { surviveFaults } from '../../observe/survive-faults.ts';
import { createNarrator } from '../narrate.ts';
import { openAddress } from './open-address.ts';
import { listenForEnd, type EndRequest } from './signals.ts';
import { spareMemory } from './spare-memory.ts';

export interface RunRequest {
  /** One for each tunnel. */
  readonly selections: readonly Selection[];
  readonly flags: FlagValues;
  readonly env: Env;
  /** Log each call with its time. */
  readonly requestTiming: boolean;
}

/** What calls in flight get at the end; one more second answers the rest, then the children go (docs/wire.md). */
const graceMs = 7_000;

/** `culvert run`: resolves with the exit code after the tunnels have drained. Rejects with what keeps it from starting. */
export async function run({ selections, flags, env, requestTiming }: RunRequest): Promise<number> {
  const loaded = await allInOrder(selections.map((selection) => loadProfile(selection, flags, env)));
  const profiles = loaded.map(({ profile }) => profile);
  const settings = loaded[0]?.settings;
  if (!settings) return exitCodes.usage;
  const drafts = new DraftStore();
  let opened: SecretStore | undefined;
  const keychain = () => (opened ??= createKeychain());
  const secrets = createSecrets({ env, store: () => drafts.over(keychain) });
  await allInOrder(profiles.flatMap((profile) => [checkSecrets(profile, secrets, env), checkPrograms(profile, env)]));

  const write = namingTunnels(profiles, await openLogOutput(settings.log), settings.log.format === 'people');
  const log = createLog(settings.log.level, write, settings.ui.logBufferEvents);
  const headless = createHeadless({ settings, profiles, env, log, secrets });
  const end = listenForEnd();
  const cleanUps: (() => Promise<void>)[] = [() => headless.close(), surviveFaults(log)];
  try {
    if (settings.pidFile !== undefined)
      cleanUps.push(await announce(settings.pidFile, String(process.pid), '--pid.file'));
    const { listener, manager, traces, locks } = headless;
    if (settings.ui.enabled) {
      const closeUi = mountUi(listener, { manager, traces, log, secrets, env, profiles, drafts, keychain, locks });
      cleanUps.push(() => Promise.resolve(closeUi()));
    }
    await headless.open();
    const { address } = headless.listener;
    if (address !== undefined && settings.listen.urlFile !== undefined) {
      cleanUps.push(await announce(settings.listen.urlFile, address, '--health.url-file'));
    }
    log.info(`Listening at ${address ?? 'nowhere'}: /healthz, /readyz, /metrics and /health.`);
    const pages = settings.ui.enabled ? listener.uiAddress() : undefined;
    // for the person at this terminal: the token works once, and is no matter for a collector of logs
    if (pages !== undefined && settings.log.format === 'people' && settings.log.file === undefined) {
      process.stdout.write(`\nThe pages, in a browser (this address works once): ${pages}\n\n`);
    }
    if (settings.ui.enabled && settings.ui.openBrowser) await openPages(listener, log);
    for (const { profile, inert } of loaded) {
      introduce(profile, log);
      for (const what of inert) log.warn(what, {}, { tunnel: profile.id });
    }
    headless.manager.onChange(createNarrator(log));
    if (requestTiming) logTimes(headless, log);
    // before the code is read that only a newer version on disk would make necessary: it would grow the young generation
    spareMemory();
    await Promise.all([headless.start(), holdFiles(settings.ui.enabled)]);
    await drainOnRequest(headless, end, log);
    return exitCodes.done;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    end.release();
  }
}

/** A new version that is installed underneath must not take away what is loaded when it is needed. */
async function holdFiles(pages: boolean): Promise<void> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  if (!import.meta.url.endsWith('.cjs')) return;
  await holdCode(folder);
  if (!pages) return;
  const { holdUiFiles } = await import('../../api/ui-files.ts');
  await holdUiFiles(join(folder, '..', 'renderer'));
}

/** The address lets its first reader in, so it is handed over and not logged. */
async function openPages(listener: HttpListener, log: Log): Promise<void> {
  const url = listener.uiAddress();
  if (url === undefined) log.warn('The pages cannot be opened in a browser: the listener has no TCP address.');
  else if (!(await openAddress(url))) {
    log.warn('There is no program here that opens a browser; `culvert ui` prints the address.');
  }
}

function introduce({ id, controlPlane, channels }: Profile, log: Log): void {
  const servers = channels.map(
    ({ name, ...channel }) => `${name} (${channel.kind === 'stdio' ? 'a command' : new URL(channel.url).origin})`,
  );
  const scope = { tunnel: id };
  log.info(
    `Starting ${controlPlane.tunnelId} at ${new URL(controlPlane.baseUrl).origin} with ${servers.join(', ')}.`,
    {},
    scope,
  );
}

/** The engine knows a tunnel by its id; people know it by its name, and with one alone need not be told. */
function namingTunnels(
  profiles: readonly Profile[],
  write: (line: LogLine) => void,
  forPeople: boolean,
): (line: LogLine) => void {
  const names = new Map(profiles.map(({ id, name }) => [id, name]));
  const quiet = forPeople && profiles.length === 1;
  return ({ tunnel, ...line }) => {
    write(tunnel === undefined || quiet ? line : { ...line, tunnel: names.get(tunnel) ?? tunnel });
  };
}

/** A program that is not there is told before anything starts. */
async function checkPrograms(profile: Profile, env: Env): Promise<void> {
  for (const channel of profile.channels) {
    if (channel.kind !== 'stdio') continue;
    const [program] = splitCommand(channel.command);
    await resolveProgram(program, {
      path: ownPath(channel.env, env) ?? variable(env, 'PATH') ?? '',
      cwd: channel.cwd ?? process.cwd(),
      environment: env,
    });
  }
}

async function drainOnRequest(headless: Headless, end: EndRequest, log: Log): Promise<void> {
  const signal = await end.first;
  const inFlight = headless.manager.snapshots().reduce((sum, tunnel) => sum + tunnel.inFlight, 0);
  log.info(`${signal}: no new calls are taken; ${inFlight === 0 ? 'none is in flight' : `${inFlight} in flight`}.`);
  const drained = headless.stop(graceMs);
  const forced = end.second.then(() => {
    log.warn('A second signal: calls in flight are given up.');
    return headless.stop(0);
  });
  await Promise.race([drained, forced]);
  log.info('All tunnels are stopped.');
}

function logTimes(headless: Headless, log: Log): void {
  const ms = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 10) / 10);
  headless.manager.events.subscribe({
    ended({ tunnel, channel, method, target, status, heldMs, dispatchedMs, answeredMs, postedMs }) {
      log.info(
        `${method}${target === undefined ? '' : ` ${target}`}: ${status}`,
        {
          held_ms: ms(heldMs),
          dispatched_ms: ms(dispatchedMs),
          answered_ms: ms(answeredMs),
          posted_ms: ms(postedMs),
        },
        { tunnel, channel },
      );
    },
  });
}
