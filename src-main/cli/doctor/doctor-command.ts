import { Option as Flag } from 'commander';
import type { AddCommand } from '../add-command.ts';
import { addFlags, type Given } from '../run/run-command.ts';

const description = `Prove, layer by layer, that a tunnel works: configuration, secrets, proxy, name, connection, certificate, control plane, key, and the MCP server with its tools. The first check that fails is where to look.

  culvert doctor --profile NAME
  culvert doctor --profile NAME --explain
  culvert doctor

Without a profile every one that is found is looked at. A tunnel that runs is asked how it does; one that does not is started for a moment, and what a call brings in that moment is answered. The MCP server is started as well, unless it runs.

Exit codes: 0 all is well, 4 something to look at, 5 something failed.`;

interface Values {
  readonly profileFile?: string;
  readonly profileDir?: string;
  readonly config?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
  readonly fix?: boolean;
}

/** `culvert doctor`: what works, what does not, and what to do. */
export const addDoctor: AddCommand = (program, finish) => {
  const given: Given = new Map();
  const profiles: string[] = [];
  const command = program
    .command('doctor')
    .summary('prove that a tunnel works, and say what is wrong')
    .description(description)
    .optionsGroup('What to look at and how to say it:')
    .addOption(
      new Flag('--profile <profile>', 'a profile by its name (TUNNEL_CLIENT_PROFILE); may be repeated').argParser(
        (value: string) => {
          profiles.push(value);
          return value;
        },
      ),
    )
    .option('--profile-file <file>', 'a profile by its file (TUNNEL_CLIENT_PROFILE_FILE)')
    .option('--profile-dir <folder>', 'where profiles are looked up (TUNNEL_CLIENT_PROFILE_DIR)')
    .option('--config <file>', 'a configuration file (TUNNEL_CLIENT_CONFIG)')
    .option('--explain', 'say why each check matters and all that was seen')
    .option('--json', 'print the whole run as JSON')
    .option('--fix', 'make the changes that are safe to make; each is shown first')
    .optionsGroup('Help:')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false);
  addFlags(command, given);
  command.action(async ({ profileFile, profileDir, config, ...how }: Values) => {
    const { doctor } = await import('./doctor.ts');
    const base = {
      ...(profileFile === undefined ? {} : { profileFile }),
      ...(profileDir === undefined ? {} : { profileDir }),
      ...(config === undefined ? {} : { config }),
    };
    const selections = profiles.length > 0 ? profiles.map((profile) => ({ ...base, profile })) : [base];
    finish(await doctor({ selections, flags: given, env: process.env, ...how }));
  });
};
