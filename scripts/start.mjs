// `npm start`: builds what is stale, then the app where there is a display, or headless: the profiles of this machine, and
// without any the demo. `npm start -- run …` and every other command go to the command line as they are.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'out/cli/culvert.cjs');
const app = join(root, 'out/main/main.js');
const pages = join(root, 'out/renderer/index.html');
/** A download that hangs must not keep anybody from the headless way. */
const downloadLimitMs = 180_000;

function newest(folder) {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

const isStale = (built, ...folders) =>
  !existsSync(built) || statSync(built).mtimeMs < Math.max(...folders.map((folder) => newest(join(root, folder))));

function build(...args) {
  console.log(args.includes('--cli') ? 'Building the command line…' : 'Building Culvert…');
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const hasDisplay = () =>
  process.platform === 'linux'
    ? Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
    : !process.env.SSH_CONNECTION;

/** Electron's binary: a folder that was pointed to, or the one that its package keeps. Fetched only where it can be shown. */
function electronBinary() {
  const home = join(root, 'node_modules/electron');
  if (!existsSync(home)) return { missing: 'Electron is not installed' };
  const name =
    { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override)
    return existsSync(join(override, name))
      ? { file: join(override, name) }
      : { missing: `there is no Electron in ${override}` };
  const kept = () => {
    const file = existsSync(join(home, 'path.txt'))
      ? join(home, 'dist', readFileSync(join(home, 'path.txt'), 'utf8'))
      : undefined;
    return file !== undefined && existsSync(file) ? file : undefined;
  };
  if (kept() === undefined) {
    console.log('Fetching Electron, once…');
    const { error } = spawnSync(process.execPath, [join(home, 'install.js')], {
      stdio: 'inherit',
      timeout: downloadLimitMs,
    });
    if (kept() === undefined) {
      return {
        missing:
          error?.code === 'ETIMEDOUT' ? 'Electron could not be fetched in time' : 'Electron could not be fetched',
      };
    }
  }
  return { file: kept() };
}

/** Runs it in our place: signals go to it, its exit code is ours. */
function become(file, args) {
  const child = spawn(file, args, { cwd: root, stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  child.on('error', (error) => {
    console.error(`${file} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function runnableProfiles() {
  const { stdout, status } = spawnSync(process.execPath, [cli, 'profiles', 'list', '--json'], { encoding: 'utf8' });
  if (status !== 0) return [];
  const profiles = JSON.parse(stdout);
  for (const { name, error } of profiles.filter((profile) => profile.error))
    console.log(`The profile ${name} is left out: ${error}`);
  return profiles.filter((profile) => !profile.error).map((profile) => profile.name);
}

function headless(reason) {
  if (isStale(pages, 'shared', 'src-renderer')) build('--headless');
  const profiles = runnableProfiles();
  const args = profiles.length > 0 ? ['run', ...profiles.flatMap((name) => ['--profile', name])] : ['demo'];
  console.log(`Without a window (${reason}): culvert ${args.join(' ')}`);
  become(process.execPath, [cli, ...args]);
}

const args = process.argv.slice(2);
if (isStale(cli, 'src-main', 'shared')) build('--cli');
if (args.length > 0) become(process.execPath, [cli, ...args]);
else if (!existsSync(join(root, 'src-main/main.ts'))) headless('there is no app in this tree');
else if (!hasDisplay()) headless('no display');
else {
  const { file, missing } = electronBinary();
  if (missing) headless(missing);
  else {
    if (isStale(app, 'src-main', 'shared', 'src-renderer')) build();
    become(file, [root]);
  }
}
