import { InvalidArgumentError, Option as Flag, type Command } from 'commander';
import type { LogLevel } from '../../../shared/settings.ts';
import { logLevels } from '../../../shared/log-level.ts';
import type { AddCommand } from '../add-command.ts';

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

const pid = () =>
  new Flag('--pid <pid>', 'ask this process, where several Culverts run').argParser(whole(1, 4_194_304 * 8));
const follow = () => new Flag('-f, --follow', 'go on with what comes');
const lastOf = (most: number, standard: number, what: string) =>
  new Flag('-n, --count <n>', `how many ${what} to begin with (default ${standard})`)
    .argParser(whole(0, most))
    .default(standard);
const profile = ['<profile>', 'name of a profile, or its id'] as const;

interface Asked {
  readonly pid?: number;
}

const addStatus: AddCommand = (program, finish) => {
  program
    .command('status')
    .summary('tell what runs')
    .description(
      'Tell each Culvert that runs for this account, the app or `culvert run`, and the state of its tunnels.',
    )
    .option('--json', 'print JSON')
    .allowExcessArguments(false)
    .action(async ({ json = false }: { json?: boolean }) => {
      const { showStatus } = await import('./status.ts');
      finish(await showStatus(process.env, json));
    });
};

const addUi: AddCommand = (program, finish) => {
  program
    .command('ui')
    .summary('print an address of the pages of the Culvert that runs')
    .description('Print an address for a browser on this machine. It works once, within ten minutes.')
    .option('--open', 'open it in the browser')
    .addOption(pid())
    .allowExcessArguments(false)
    .action(async (asked: Asked & { open?: boolean }) => {
      const { showUi } = await import('./ui.ts');
      finish(await showUi(process.env, { open: asked.open ?? false, pid: asked.pid }));
    });
};

const addTunnels: AddCommand = (program, finish) => {
  const command = (name: string, summary: string, description: string): Command =>
    program
      .command(name)
      .summary(summary)
      .description(description)
      .argument(...profile)
      .addOption(pid())
      .allowExcessArguments(false);
  command(
    'start',
    'start a tunnel in the Culvert that runs',
    'Start the tunnel of a profile in the app or daemon that runs, and tell how it went.',
  ).action(async (name: string, asked: Asked) => {
    const { startTunnel } = await import('./tunnels.ts');
    finish(await startTunnel(process.env, { profile: name, pid: asked.pid }));
  });
  command(
    'stop',
    'stop a tunnel of the Culvert that runs',
    'Stop a tunnel: calls in flight are finished first. The app or daemon goes on.',
  ).action(async (name: string, asked: Asked) => {
    const { stopTunnel } = await import('./tunnels.ts');
    finish(await stopTunnel(process.env, { profile: name, pid: asked.pid }));
  });
  command('pause', 'stop a tunnel for a while', 'Stop a tunnel and start it again by itself later.')
    .addOption(
      new Flag('--minutes <n>', 'for how long (default 60, at most 1440)').argParser(whole(1, 1_440)).default(60),
    )
    .action(async (name: string, asked: Asked & { minutes: number }) => {
      const { pauseTunnel } = await import('./tunnels.ts');
      finish(await pauseTunnel(process.env, { profile: name, pid: asked.pid }, asked.minutes));
    });
};

const addLogs: AddCommand = (program, finish) => {
  program
    .command('logs')
    .summary('print the log of the Culvert that runs')
    .description('Print the last lines of the log of the app or daemon that runs.')
    .addOption(follow())
    .addOption(
      new Flag('--level <level>', 'leave out what is less than this (default: all that is logged)')
        .choices(logLevels)
        .default(logLevels[0]),
    )
    .addOption(lastOf(5_000, 100, 'lines'))
    .addOption(pid())
    .allowExcessArguments(false)
    .action(async (asked: Asked & { follow?: boolean; level: LogLevel; count: number }) => {
      const { showLogs } = await import('./logs.ts');
      const { level, count } = asked;
      finish(await showLogs(process.env, { follow: asked.follow ?? false, level, count, pid: asked.pid }));
    });
};

const addTraces: AddCommand = (program, finish) => {
  program
    .command('traces')
    .summary('print the calls that came through the Culvert that runs')
    .description(
      `Print the calls that came through, oldest first, in the language of the app's filter bar:

  culvert traces method:tools/call status:error "duration:>500ms"
  culvert traces -f -- -tool:export "free text"

Terms are joined by "and", values behind a comma by "or"; - in front negates (after --, so that it is no flag).`,
    )
    .argument('[filter...]', 'which calls')
    .addOption(follow())
    .option('--json', 'print one JSON object a line')
    .addOption(lastOf(500, 50, 'calls'))
    .addOption(pid())
    .action(async (terms: string[], asked: Asked & { follow?: boolean; json?: boolean; count: number }) => {
      const { showTraces } = await import('./traces.ts');
      const query = terms.map(asTerm).join(' ');
      const { follow: following = false, json = false, count } = asked;
      finish(await showTraces(process.env, { query, follow: following, json, count, pid: asked.pid }));
    });
};

/** The shell took the quotes of `"free text"` away: an argument with blanks is one term. */
function asTerm(argument: string): string {
  if (!/\s/.test(argument) || argument.includes('"')) return argument;
  const [, field = '', value = ''] = /^(-?(?:[a-z]+:)?)(.*)$/s.exec(argument) ?? [];
  return `${field}"${value.replaceAll('\\', '\\\\')}"`;
}

/** `culvert status`, `ui`, `start`, `stop`, `pause`, `logs` and `traces`: the app or daemon that runs, from a terminal. */
export const addControl: AddCommand = (program, finish) => {
  for (const add of [addStatus, addUi, addTunnels, addLogs, addTraces]) add(program, finish);
};
