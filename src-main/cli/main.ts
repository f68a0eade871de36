import { Command, CommanderError } from 'commander';
import { nearest } from '../settings/nearest.ts';
import { options } from '../settings/options.ts';
import { version } from '../version.ts';
import { addAdmin } from './admin-command.ts';
import { addControl } from './control-command.ts';
import { addDemo, addDemoServer } from './demo-command.ts';
import { addDoctor } from './doctor-command.ts';
import { exitCodes, reportFailure } from './exit.ts';
import { helpTopics } from './help-topics.ts';
import { addInit } from './init-command.ts';
import { addProfiles } from './profiles-command.ts';
import { addRelay } from './relay-command.ts';
import { addRun } from './run-command.ts';

/** Adds one command to the program. What it does is loaded when it is called, so that no command pays for another. */
export type AddCommand = (program: Command, finish: (code: number) => void) => void;

const commands: readonly AddCommand[] = [
  addInit,
  addRun,
  addDoctor,
  addDemo,
  addControl,
  addProfiles,
  addRelay,
  addAdmin,
  addDemoServer,
];

/** `--poll-timeout` was meant as `--control-plane.poll-timeout`: the end of a dotted flag is what people remember. */
function withSuggestion(text: string): string {
  const [, wrong] = /unknown option '--([^'=]+)/.exec(text) ?? [];
  if (wrong === undefined || text.includes('Did you mean')) return text;
  const flags = options.map(({ flag }) => flag);
  const meant = flags.find((flag) => flag.endsWith(`.${wrong}`)) ?? nearest(wrong, flags);
  return meant === undefined ? text : `${text}(Did you mean --${meant}?)\n`;
}

/** The command line. Resolves with the exit code once everything that was started has ended. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const program = new Command('culvert')
    .description('Secure MCP Tunnel: private MCP servers for ChatGPT, Codex, the Responses API and AgentKit.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(culvert --help tells what there is)')
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns || 100, 110),
      optionDescription: ({ description }) => description,
    })
    .configureOutput({ outputError: (text, write) => write(withSuggestion(text)) })
    .addHelpText(
      'after',
      `\nExit codes: 0 done or drained, 1 a fault of Culvert, 2 usage or configuration, 3 could not start;\ndoctor also 4 something to look at, 5 something failed.\nMore: culvert help ${Object.keys(helpTopics).join('|')}`,
    )
    .exitOverride();
  for (const add of commands) add(program, (result) => (code = result));
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    const topic = args[0] === 'help' && args.length === 2 ? helpTopics[args[1] ?? ''] : undefined;
    if (topic !== undefined) process.stdout.write(topic);
    else if (args.length === 0) program.outputHelp();
    else await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return reportFailure(error);
  }
}
