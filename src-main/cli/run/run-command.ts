import { Option as Flag, type Command } from 'commander';
import { TunnelError } from '../../../shared/errors.ts';
import { groups, options, type Option } from '../../settings/options.ts';
import type { AddCommand } from '../add-command.ts';
import { spellingsOf } from '../help/spellings.ts';

const description = `Run tunnels from here: poll the control plane, hand each call to the MCP server, post its answer back.

Settings come from flags, then variables, then the profile, then defaults. A tunnel needs three things: its id, a runtime key and an MCP server for the channel main.

  culvert run --profile NAME
  culvert run --tunnel-id tunnel_… --mcp.command "npx -y some-mcp-server"
  culvert run --tunnel-id tunnel_… --mcp-server-url http://localhost:8080/mcp

The key is best in CONTROL_PLANE_API_KEY. SIGTERM and Ctrl C drain: no new calls are taken, those in flight get some seconds; a second one stops at once.`;

/** How a flag is given to `run`: canonical name → its values in order. */
export type Given = Map<string, string[]>;

/** `option.env` is told once; the description of the key names both of its variables. */
const helpOf = ({ env, help, kind }: Option): string =>
  env === undefined || kind === 'key' ? help : `${help} (${env})`;

const isRepeatable = ({ kind }: Option): boolean => !['text', 'bool', 'key'].includes(kind);

/** Adds every setting as a flag; what is given is collected in `given`. */
export function addFlags(command: Command, given: Given): void {
  // An alias counts only where the flag itself was not given, as with the reference.
  const aliases: Given = new Map();
  const collect = (into: Given, option: Option) => (value: string) => {
    into.set(option.flag, isRepeatable(option) ? [...(into.get(option.flag) ?? []), value] : [value]);
    return value;
  };
  const flag = (name: string, option: Option, into: Given) => {
    const made = new Flag(`--${name} ${option.argument}`, helpOf(option));
    if (option.argument.startsWith('[')) made.preset('true');
    if (option.choices) made.choices(option.choices);
    return made.argParser(collect(into, option)).hideHelp(option.inert !== undefined || into === aliases);
  };
  for (const group of groups) {
    for (const option of options.filter((candidate) => candidate.group === group)) {
      command.addOption(flag(option.flag, option, given).helpGroup(`${group}:`));
      for (const name of spellingsOf(option)) if (name !== option.flag) command.addOption(flag(name, option, aliases));
    }
  }
  command.hook('preAction', () => {
    for (const [name, values] of aliases) if (!given.has(name)) given.set(name, values);
  });
}

const isOn = (value: string | boolean | undefined): boolean =>
  value === true || (typeof value === 'string' && /^(?:1|t|true|y|yes|on)$/i.test(value));

/** The demo's own server in place of one that a flag names. */
async function serveStub(given: Given): Promise<void> {
  const other = ['mcp.command', 'mcp.server-url'].find((name) => given.has(name));
  if (other !== undefined)
    throw new TunnelError('config_invalid', 'local', {
      field: '--embedded-mcp-stub',
      file: 'the command line',
      problem: `it cannot be used together with --${other}`,
    });
  const { selfCommand } = await import('../../demo/self-command.ts');
  const { joinCommand } = await import('../../process/command-line.ts');
  given.set('mcp.command', [joinCommand(selfCommand('demo-server'))]);
}

export const addRun: AddCommand = (program, finish) => {
  const given: Given = new Map();
  const profiles: string[] = [];
  const command = program
    .command('run')
    .summary('run tunnels in the foreground')
    .description(description)
    .optionsGroup('Which configuration:')
    .addOption(
      new Flag(
        '--profile <profile>',
        'a profile by its name (TUNNEL_CLIENT_PROFILE); repeat it to run several tunnels',
      ).argParser((value: string) => {
        profiles.push(value);
        return value;
      }),
    )
    .option('--profile-file <file>', 'a profile by its file (TUNNEL_CLIENT_PROFILE_FILE)')
    .option('--profile-dir <folder>', 'where profiles are looked up (TUNNEL_CLIENT_PROFILE_DIR)')
    .option('--config <file>', 'a configuration file (TUNNEL_CLIENT_CONFIG)')
    .option('--enable-request-timing', 'log each call with its time')
    .option('--embedded-mcp-stub [bool]', 'serve a small demo MCP server as the channel main')
    .addOption(new Flag('--embedded-stateless-mcp-stub [bool]', 'the same: it speaks both eras').hideHelp())
    .optionsGroup('Help:')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false);
  // where and as what the reference client's stub appears; Culvert's is a child on stdio
  for (const name of ['listen-addr', 'unix-socket', 'server-name', 'server-version'])
    command.addOption(new Flag(`--embedded-mcp-${name} <value>`).hideHelp());
  addFlags(command, given);
  command.action(
    async (values: {
      profileFile?: string;
      profileDir?: string;
      config?: string;
      enableRequestTiming?: boolean;
      embeddedMcpStub?: string | boolean;
      embeddedStatelessMcpStub?: string | boolean;
    }) => {
      const { run } = await import('./run.ts');
      const { profileFile, profileDir, config } = values;
      if (isOn(values.embeddedMcpStub) || isOn(values.embeddedStatelessMcpStub)) await serveStub(given);
      const base = {
        ...(profileFile === undefined ? {} : { profileFile }),
        ...(profileDir === undefined ? {} : { profileDir }),
        ...(config === undefined ? {} : { config }),
      };
      const selections = profiles.length > 0 ? profiles.map((profile) => ({ ...base, profile })) : [base];
      finish(
        await run({ selections, flags: given, env: process.env, requestTiming: values.enableRequestTiming ?? false }),
      );
    },
  );
};
