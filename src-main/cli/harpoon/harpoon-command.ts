import type { AddCommand } from '../add-command.ts';
import type { CheckCallValues } from './check-call.ts';
import type { ImportOpenApiValues } from './import-openapi.ts';

const importing = `Make Harpoon targets of read-only operations of an OpenAPI 3 description, and print them as a part of a profile.

Nothing is written and nothing is asked: references to other files or addresses are not followed. What a template cannot express is said on standard error. Without --operation the operations are listed.`;

const many = (value: string, before: string[] = []): string[] => [...before, value];

const folder = ['--profile-dir <folder>', 'look here instead (TUNNEL_CLIENT_PROFILE_DIR)'] as const;

/** `culvert harpoon …`: HTTP callouts by label. */
export const addHarpoon: AddCommand = (program, finish) => {
  const harpoon = program
    .command('harpoon')
    .summary('look at, check and make targets for HTTP callouts')
    .description('Targets of Harpoon: HTTP callouts by label, without an MCP server.');
  harpoon
    .command('list')
    .summary('list the targets of a profile')
    .description('List the targets of a profile with their addresses, which callers never learn.')
    .argument('<profile|file>', 'name of a profile, or path of a file')
    .option('--json', 'print JSON')
    .option(...folder)
    .action(async (name: string, values: CheckCallValues) => {
      const { listTargets } = await import('./check-call.ts');
      finish(await listTargets(name, values));
    });
  harpoon
    .command('check')
    .summary('say whether a call would be allowed')
    .description(
      'Say whether a call would be allowed, and why not, and print the request that would be sent. Nothing is sent: only the name of the host is looked up.',
    )
    .argument('<profile|file>', 'name of a profile, or path of a file')
    .argument('<label>', 'the target')
    .option('--method <method>', 'GET unless said otherwise')
    .option('--path <path>', 'a path below a base URL')
    .option('--body <text>', 'the body')
    .option('--parameter <name=value>', 'an argument of a template; repeatable', many)
    .option('--operation <name>', 'an operation of a GraphQL target')
    .option('--variables <json>', 'its variables')
    .option('--json', 'print JSON')
    .option(...folder)
    .action(async (name: string, label: string, values: CheckCallValues) => {
      const { checkCall } = await import('./check-call.ts');
      finish(await checkCall(name, label, values));
    });
  harpoon
    .command('import')
    .summary('make targets of an OpenAPI description')
    .description(importing)
    .argument('<file>', 'an OpenAPI 3 description, YAML or JSON')
    .option('--operation <id>', 'its operationId, or METHOD /path; repeatable', many)
    .option('--server <url>', 'the address of the service, in place of the one in the description')
    .action(async (file: string, values: ImportOpenApiValues) => {
      const { importOpenApi } = await import('./import-openapi.ts');
      finish(await importOpenApi(file, values));
    });
};
