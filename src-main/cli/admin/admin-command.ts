import { Option as Flag, type Command } from 'commander';
import type { AdminArguments, AdminAction } from './admin.ts';
import type { AddCommand } from '../add-command.ts';
import { takeAllSpellings } from '../help/spellings.ts';

const description = `List, show, create, change and delete tunnels, with an admin key.

The key comes from OPENAI_ADMIN_KEY or --admin-key env:NAME, file:/path or keychain:ID/SLOT. It is used for these calls alone: a tunnel runs with a runtime key.

  culvert admin tunnels list --organization-id org_…
  culvert admin tunnels create --name crm --description "CRM tools" \\
    --organization-id org_…
  culvert admin tunnels delete tunnel_… --confirm`;

/** Repeatable, and several in one with commas between, as the reference takes them. */
const many = (value: string, before: string[] = []): string[] => [...before, ...value.split(',').filter(Boolean)];

const shared = (command: Command): Command => takeAllSpellings(withSharedFlags(command)).allowExcessArguments(false);

const withSharedFlags = (command: Command): Command =>
  command
    .option('--admin-key <ref>', 'admin key: env:NAME, file:/path or keychain:ID/SLOT (OPENAI_ADMIN_KEY)')
    .option('--control-plane.base-url <url>', 'the control plane (CONTROL_PLANE_BASE_URL)')
    .option('--control-plane.url-path <path>', 'path between host and /v1 (CONTROL_PLANE_URL_PATH)')
    .option('--http-proxy <ref>', 'proxy for this call (TUNNEL_CLIENT_HTTP_PROXY, HTTPS_PROXY)')
    .option('--ca-bundle <file>', 'PEM file of further roots to trust (CA_BUNDLE)')
    .option('--json', 'print JSON, errors too');

const scoped = (command: Command): Command =>
  command
    .option('--organization-id <id>', 'an organization; repeatable', many)
    .option('--workspace-id <id>', 'a workspace; repeatable', many);

export const addAdmin: AddCommand = (program, finish) => {
  const admin = program.command('admin').summary('manage tunnels with an admin key').description(description);
  const tunnels = admin
    .command('tunnels')
    .summary('list, show, create, change and delete tunnels')
    .description(description);

  const run =
    (action: AdminAction) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command;
      const { runAdmin } = await import('./admin.ts');
      finish(await runAdmin(action, command.args[0], command.opts<AdminArguments>()));
    };

  scoped(shared(tunnels.command('list')))
    .summary('list the tunnels of one organization, workspace or tenant')
    .description('List the tunnels of one organization, workspace or tenant.')
    .option('--tenant-id <id>', 'a tenant')
    .action(run('list'));
  shared(tunnels.command('get'))
    .summary('show a tunnel')
    .description('Show a tunnel. A runtime key will do: CONTROL_PLANE_API_KEY, when there is no admin key.')
    .argument('<tunnel-id>', 'the tunnel: tunnel_ and 32 letters or digits')
    .action(run('get'));
  scoped(shared(tunnels.command('create')))
    .summary('create a tunnel')
    .description('Create a tunnel for at least one organization or workspace. It takes some 30 s to be usable.')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--description <text>', 'what it is for')
    .action(run('create'));
  scoped(shared(tunnels.command('update')))
    .summary('change a tunnel')
    .description(
      'Change a tunnel. What is not given stays; organizations and workspaces that are given replace the old.',
    )
    .argument('<tunnel-id>', 'the tunnel: tunnel_ and 32 letters or digits')
    .option('--name <name>', 'new name')
    .option('--description <text>', 'new description')
    .action(run('update'));
  shared(tunnels.command('delete'))
    // the reference takes them here as well, where they mean nothing
    .addOption(new Flag('--organization-id <id>').hideHelp())
    .addOption(new Flag('--workspace-id <id>').hideHelp())
    .summary('delete a tunnel')
    .description('Delete a tunnel, for good. Only with --confirm.')
    .argument('<tunnel-id>', 'the tunnel: tunnel_ and 32 letters or digits')
    .option('--confirm', 'yes, delete it')
    .action(run('delete'));
};
