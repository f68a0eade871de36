import { Option as Flag, type Command } from 'commander';
import { importSources } from '../../../shared/import-words.ts';
import type { ImportValues } from './import-server.ts';
import { addProfileFlags } from './init-command.ts';
import type { AddValues } from './profile-changes.ts';
import { serverForms } from '../../profiles/forms/server-forms.ts';
import type { AddCommand } from '../add-command.ts';
import type { ExportValues } from './profiles.ts';

interface ListValues {
  readonly json?: boolean;
  readonly profileDir?: string;
}

const folder = ['--profile-dir <folder>', 'look here instead (TUNNEL_CLIENT_PROFILE_DIR)'] as const;

/** `culvert profiles …`: what there is, and whether it is right. */
export const addProfiles: AddCommand = (program, finish) => {
  const profiles: Command = program
    .command('profiles')
    .summary('list, make, change, import and export profiles')
    .description(
      'Profiles of this machine: Culvert’s own, those of tunnel-client, and the JSON ones of ~/.tunnel-client.',
    );
  profiles
    .command('list')
    .summary('list them, and what is wrong with any')
    .description('List the profiles that can be run by name, and what is wrong with those that cannot.')
    .option('--json', 'print JSON')
    .option(...folder)
    .action(async (values: ListValues) => {
      const { listProfiles } = await import('./profiles.ts');
      finish(await listProfiles(values));
    });
  profiles
    .command('check')
    .summary('read one, and start nothing')
    .description('Read a profile and say what it means, or what is wrong with it at which line. Nothing is started.')
    .argument('<profile|file>', 'name of a profile, or path of a file')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { checkProfile } = await import('./profiles.ts');
      finish(await checkProfile(name, values));
    });
  profiles
    .command('show')
    .summary('print one, with secrets masked')
    .description('Print a profile as it stands in its file; secrets in it are masked.')
    .argument('<profile|file>', 'name of a profile, or path of a file')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { showProfile } = await import('./profiles.ts');
      finish(await showProfile(name, values));
    });
  const add = profiles
    .command('add')
    .summary('write one, from a sample or a file')
    .description('Write a profile, from a sample or from a file.')
    .argument('<name>', 'what it is called')
    .option('--from-file <file>', 'copy this file, which may have any form that is read here')
    .option('--plain-text-secrets', 'copy secrets too that stand in it in plain text');
  addProfileFlags(add).action(async (name: string, values: AddValues) => {
    const { addProfile } = await import('./profile-changes.ts');
    finish(await addProfile(name, values));
  });
  profiles
    .command('edit')
    .summary('change one in your editor')
    .description(
      'Open a profile in $VISUAL or $EDITOR, and save it when it is right. What is wrong goes back into the editor, or is kept.',
    )
    .argument('<profile>', 'name of a profile')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { editProfile } = await import('./profile-changes.ts');
      finish(await editProfile(name, values));
    });
  profiles
    .command('remove')
    .summary('take one out of the list')
    .description('Take a profile out of the list; its file is kept in the folder .deleted beside it.')
    .argument('<profile>', 'name of a profile')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { removeProfile } = await import('./profile-changes.ts');
      finish(await removeProfile(name, values));
    });
  const imports = profiles
    .command('import')
    .summary('make one of a server that another program has set up')
    .description(
      `Make a profile of MCP servers that Claude Desktop, Claude Code, Cursor, VS Code, Windsurf or Codex has set up. Several become channels of one tunnel: the first is main. Without a name: list them.

  culvert profiles import
  culvert profiles import crm --tunnel-id tunnel_…
  culvert profiles import crm docs files=cursor/filesystem --profile office --tunnel-id tunnel_…`,
    )
    .argument('[servers...]', 'SERVER, CLIENT/SERVER or CHANNEL=SERVER, as they are listed')
    .addOption(new Flag('--from <client>', 'only servers of this client').choices(importSources))
    .option('--list', 'list them, and what cannot be carried over')
    .option('--profile <name>', 'what the profile is called')
    .option('--json', 'list them as JSON');
  addProfileFlags(imports).action(
    async (given: readonly string[], values: ImportValues & { readonly list?: boolean; readonly json?: boolean }) => {
      const names = [...given, ...(values.import ?? [])];
      const { importByName, listServers } = await import('./import-server.ts');
      const isList = names.length === 0 || values.list === true || values.json === true;
      finish(isList ? await listServers(values.json ?? false, values.from) : await importByName(names, values));
    },
  );
  const samples = profiles
    .command('samples')
    .summary('what a profile can start from')
    .description('Samples of profiles.');
  samples
    .command('list')
    .description('List the samples, and what each is for.')
    .action(async () => {
      const { listSamples } = await import('./profile-changes.ts');
      finish(listSamples());
    });
  samples
    .command('show')
    .description('Print a sample as a profile.')
    .argument('<sample>', 'name of a sample')
    .action(async (name: string) => {
      const { showSample } = await import('./profile-changes.ts');
      finish(showSample(name));
    });
  profiles
    .command('export')
    .description(
      `Print a profile as tunnel-client reads it, or what a server needs to run it. Secrets are never in it: the reference's form names variables, the others name files that the server provides. What is left out, and what is left to do, is said on standard error.

  culvert profiles export crm > tunnel-client.yaml
  culvert profiles export crm --format systemd --output crm-server
  culvert profiles export crm --format kubernetes | kubectl apply -f -`,
    )
    .summary('print a profile for tunnel-client, systemd, Docker or Kubernetes')
    .argument('<profile|file>', 'name of a profile, or path of a file')
    .addOption(
      new Flag('--format <format>', 'what to print').choices(['reference', ...serverForms]).default('reference'),
    )
    .option('--output <folder>', 'write files there instead of printing them')
    .option('--force', 'replace files of the same name there')
    .option(...folder)
    .action(async (name: string, values: ListValues & ExportValues) => {
      const { exportProfile } = await import('./profiles.ts');
      finish(await exportProfile(name, values));
    });
};
