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
  'start',
  'stop',
  'logs',
  'traces',
  'help',
  'completion',
]);

/**
 * The command line's arguments when this start is one, `undefined` when it is the app's. Switches that Chromium or
 * Playwright put in front are passed over.
 */
export function commandArguments(argv: readonly string[], isDefaultApp: boolean): readonly string[] | undefined {
  const given = argv.slice(isDefaultApp ? 2 : 1);
  const first = given.findIndex(
    (argument) => !/^--(ozone-platform|enable-|disable-|remote-debugging|inspect|no-first)/.test(argument),
  );
  const word = given[first];
  if (word === undefined) return undefined;
  if (commands.has(word) || word === '--help' || word === '-h' || word === '--version' || word === '-V')
    return given.slice(first);
  return undefined;
}

/** Runs the command line inside the app's binary. Resolves with the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const { main } = await import('../cli/main.ts');
  return main(args);
}
