/** Words that make the app's binary the command line: a packaged app has no Node beside it. */
const commands: ReadonlySet<string> = new Set([
  'run',
  'relay',
  'demo',
  'demo-server',
  'doctor',
  'init',
  'profiles',
  'admin',
  'status',
  'ui',
  'start',
  'stop',
  'pause',
  'logs',
  'traces',
  'help',
  'completion',
]);

/** Switches for Chromium and Node, which may stand in front of our own arguments. */
const foreign = /^--(ozone-platform|enable-|disable-|remote-debugging|inspect|no-first-run|lang)/;

/**
 * The command line's arguments when this start is one, `undefined` when it is the app's.
 *
 * @param isDefaultApp - the app is a folder given to the Electron binary: that folder is an argument too
 */
export function commandArguments(argv: readonly string[], isDefaultApp: boolean): readonly string[] | undefined {
  const own = argv.slice(1).filter((argument, index, all) => !(foreign.test(argument) && isInFront(all, index)));
  const given = isDefaultApp ? own.slice(1) : own;
  const [word] = given;
  const asked = word !== undefined && (commands.has(word) || /^(--help|-h|--version|-V)$/.test(word));
  return asked ? given : undefined;
}

/** Whether only switches stand before this argument. */
const isInFront = (all: readonly string[], index: number): boolean =>
  all.slice(0, index).every((argument) => argument.startsWith('--'));

/** Runs the command line inside the app's binary. Resolves with the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const { main } = await import('../cli/main.ts');
  return main(args);
}
