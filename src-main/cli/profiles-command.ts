import type { Command } from 'commander';
import type { AddCommand } from './main.ts';

interface ListValues {
  readonly json?: boolean;
  readonly profileDir?: string;
}

const folder = ['--profile-dir <folder>', 'look here instead (TUNNEL_CLIENT_PROFILE_DIR)'] as const;

/** `culvert profiles …`: what there is, and whether it is right. */
export const addProfiles: AddCommand = (program, finish) => {
  const profiles: Command = program
    .command('profiles')
    .summary('list, check and export profiles')
    .description(
      'Profiles of this machine: Culvert’s own, those of tunnel-client, and the JSON ones of ~/.tunnel-client.',
    );
  profiles
    .command('list')
    .description('List the profiles that can be run by name, and what is wrong with those that cannot.')
    .option('--json', 'print JSON')
    .option(...folder)
    .action(async (values: ListValues) => {
      const { listProfiles } = await import('./profiles.ts');
      finish(await listProfiles(values));
    });
  profiles
    .command('check')
    .description('Read a profile and say what it means, or what is wrong with it at which line. Nothing is started.')
    .argument('<name>', 'name of a profile, or path of a file')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { checkProfile } = await import('./profiles.ts');
      finish(await checkProfile(name, values));
    });
  profiles
    .command('export')
    .description('Print a profile as tunnel-client reads it, and say on standard error what that leaves out.')
    .argument('<name>', 'name of a profile, or path of a file')
    .option(...folder)
    .action(async (name: string, values: ListValues) => {
      const { exportProfile } = await import('./profiles.ts');
      finish(await exportProfile(name, values));
    });
};
