import { Command, CommanderError, type Argument } from 'commander';
import { TunnelError } from '../../shared/errors.ts';
import { isKeychainStuck } from '../secrets/keychain.ts';
import { nearest } from '../base/nearest.ts';
import { options } from '../settings/options.ts';
import { version } from '../base/version.ts';
import type { AddCommand } from './add-command.ts';
import { addAdmin } from './admin/admin-command.ts';
import { addCompletion } from './completion/completion-command.ts';
import { addControl } from './control/control-command.ts';
import { addDemo, addDemoServer } from './demo/demo-command.ts';
import { addDoctor } from './doctor/doctor-command.ts';
import { exitCodes, reportFailure } from './exit.ts';
import { addHarpoon } from './harpoon/harpoon-command.ts';
import { addHealth } from './health/health-command.ts';
import { addHelp } from './help/help-command.ts';
import { formatItem, helpWidth, optionDescription, padWidth, withChoices } from './help/help-layout.ts';
import { wrapped } from './help/wrap.ts';
import { addInit } from './profiles/init-command.ts';
import { addProfiles } from './profiles/profiles-command.ts';
import { addReferenceCommands } from './reference/reference-commands.ts';
import { addRelay } from './relay/relay-command.ts';
import { addRun } from './run/run-command.ts';

const commands: readonly AddCommand[] = [
  addInit,
  addRun,
  addDoctor,
  addDemo,
  addControl,
  addHarpoon,
  addHealth,
  addProfiles,
  addRelay,
  addAdmin,
  addCompletion,
  addHelp,
  addDemoServer,
  addReferenceCommands,
];

/** `--poll-timeout` was meant as `--control-plane.poll-timeout`: the end of a dotted flag is what people remember. */
function withSuggestion(text: string): string {
  const [, wrong] = /unknown option '--([^'=]+)/.exec(text) ?? [];
  if (wrong === undefined || text.includes('Did you mean')) return text;
  const flags = options.map(({ flag }) => flag);
  const meant = flags.find((flag) => flag.endsWith(`.${wrong}`)) ?? nearest(wrong, flags);
  return meant === undefined ? text : `${text}(Did you mean --${meant}?)\n`;
}

const asTerm = (argument: Argument): string => {
  const name = argument.name() + (argument.variadic ? '…' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
};

/** Gives every command the settings of the program, and an error's last line that leads to its own help. */
function inherit(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help tells what there is)`);
  if (command.parent && command.createHelp().visibleCommands(command).length > 1)
    command.helpCommand('help [command]', 'print the help of one of these');
  for (const sub of command.commands) {
    sub.copyInheritedSettings(command);
    inherit(sub, `${path} ${sub.name()}`);
  }
}

/** All commands, as they are parsed, helped with and completed; `finish` hears the exit code of the one that ran. */
export function createProgram(finish: (code: number) => void): Command {
  const program = new Command('culvert')
    .description('Secure MCP Tunnel: private MCP servers for ChatGPT, Codex, the Responses API and AgentKit.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({
      helpWidth: helpWidth(),
      padWidth,
      formatItem,
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(asTerm)].join(' '),
      boxWrap: (text, width) => wrapped(text, width),
      optionDescription,
      argumentDescription: ({ description, argChoices }) => withChoices(description, argChoices),
    })
    .configureOutput({ outputError: (text, write) => write(withSuggestion(text)) })
    .addHelpText(
      'after',
      '\nExit codes: 0 done or drained, 1 a fault of Culvert, 2 usage or configuration,\n3 could not start; doctor also 4 something to look at, 5 something failed.',
    )
    .exitOverride();
  for (const add of commands) add(program, finish);
  inherit(program, 'culvert');
  return program;
}

/**
 * A reader that goes away (`culvert profiles list | head -1`) is no fault, and what was started still ends in order; what
 * cannot be written for another reason, such as a full disk, is.
 */
function watchOutput(): () => void {
  let lost: NodeJS.ErrnoException | undefined;
  const note = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') lost ??= error;
  };
  process.stdout.on('error', note);
  process.stderr.on('error', () => undefined);
  return () => {
    if (lost === undefined) return;
    const problem = lost.code === 'ENOSPC' ? 'the disk is full' : (lost.code ?? 'it cannot be written');
    throw new TunnelError('save_failed', 'local', { file: 'standard output', problem }, { cause: lost });
  };
}

/**
 * Ends a process that cannot end: a keyring that waits for its password holds a thread, and with it the exit. What was said
 * is written by then; the exit code is that of a killed process.
 */
export function leave(): void {
  if (isKeychainStuck()) process.kill(process.pid, 'SIGKILL');
}

/** The command line. Resolves with the exit code once everything that was started has ended. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const allWritten = watchOutput();
  const program = createProgram((result) => (code = result));
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync([...args], { from: 'user' });
    await new Promise(setImmediate);
    allWritten();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return reportFailure(error);
  }
}
