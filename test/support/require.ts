import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

const canRun = (file: string | undefined): boolean => {
  try {
    if (file === undefined) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The program's path, when it is on the PATH. */
export const onPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(canRun);

const built = (file: string): string | undefined =>
  existsSync(file) ? undefined : 'the app is not built (npm run build)';

const missing = (program: string): string | undefined => (onPath(program) ? undefined : `no ${program}`);

const keyring = (): string | undefined => {
  if (process.env.CULVERT_TEST_KEYRING !== '1')
    return 'it writes to the session’s keyring (CULVERT_TEST_KEYRING=1 allows that)';
  try {
    createRequire(import.meta.url).resolve('keytar');
    return undefined;
  } catch {
    return 'keytar is not installed: it was not built';
  }
};

/** What a suite may need beyond Node and npm, and why this machine lacks it: undefined when it is there. */
const needs = {
  chromium: () =>
    canRun(process.env.CULVERT_CHROMIUM) ? built('out/renderer/index.html') : 'CULVERT_CHROMIUM names no Chromium',
  electron: () => {
    if (!canRun(join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? 'node_modules/electron/dist', 'electron')))
      return 'no Electron binary (ELECTRON_OVERRIDE_DIST_PATH)';
    if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'no display';
    return built('out/main/main.js');
  },
  /** A session with a tray host and a session bus. */
  desktop: () => {
    if (process.platform !== 'linux') return 'it drives a Linux desktop over D-Bus';
    if (!onPath('gdbus')) return 'no gdbus';
    const reply = spawnSync('gdbus', [
      ...['call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/org/freedesktop/DBus'],
      ...['--method', 'org.freedesktop.DBus.NameHasOwner', 'org.kde.StatusNotifierWatcher'],
    ]);
    return reply.stdout.toString().includes('true') ? undefined : 'no session bus with a tray host';
  },
  keyring,
  /** The reference client, built from its source: never installed by a script. */
  'reference-client': () =>
    canRun(process.env.CULVERT_REFERENCE_CLIENT) ? undefined : 'CULVERT_REFERENCE_CLIENT names no executable',
  /** A Python that has the MCP SDK 2.3: never installed by a script. */
  'python-sdk': () => (canRun(process.env.CULVERT_PYTHON_SDK) ? undefined : 'CULVERT_PYTHON_SDK names no Python'),
  tinyproxy: () => (onPath('tinyproxy') ? undefined : 'no tinyproxy'),
  openssl: () => (onPath('openssl') ? undefined : 'no openssl'),
  /** Half a minute and more: not in everybody's `npm test`. */
  patience: () =>
    process.env.CULVERT_SLOW_TESTS === '1' || process.env.CULVERT_REQUIRE_ALL === '1'
      ? undefined
      : 'it takes half a minute and more (CULVERT_SLOW_TESTS=1)',
  bash: () => missing('bash'),
  zsh: () => missing('zsh'),
  fish: () => missing('fish'),
  /** A terminal to type into: `script` of util-linux makes one. */
  terminal: () =>
    process.platform === 'linux' ? missing('script') : 'it types into a terminal made by util-linux’s script',
  systemd: () => missing('systemd-analyze'),
  kubectl: () => missing('kubectl'),
  linux: () => (process.platform === 'linux' ? undefined : 'it is about Linux'),
} as const satisfies Record<string, () => string | undefined>;

export type Need = keyof typeof needs;

/** What npm cannot install is required only where a variable names it. */
const namedBy: { readonly [Name in Need]?: string } = {
  'reference-client': 'CULVERT_REFERENCE_CLIENT',
  'python-sdk': 'CULVERT_PYTHON_SDK',
};

/** With CULVERT_REQUIRE_ALL=1 all of them; but nobody can be asked for what is no package of npm's. */
const isRequired = (need: Need): boolean => {
  const variable = namedBy[need];
  return variable === undefined ? process.env.CULVERT_REQUIRE_ALL === '1' : process.env[variable] !== undefined;
};

/**
 * `describe` for a suite that needs more than Node and npm. Where something is missing the suite is skipped, with the
 * reason in its name; where it is required (CULVERT_REQUIRE_ALL=1) this throws and the file fails.
 */
export function suiteNeeds(...wanted: readonly Need[]): (name: string, body: () => void) => void {
  for (const need of wanted) {
    const reason = needs[need]();
    if (reason === undefined) continue;
    if (isRequired(need)) throw new Error(`this suite needs ${need}: ${reason}`);
    return (name, body) => describe.skip(`${name} [needs ${need}: ${reason}]`, body);
  }
  return (name, body) => describe(name, body);
}
