import type { AddCommand } from '../add-command.ts';
import type { ImportOpenApiValues } from './import-openapi.ts';

const importing = `Make Harpoon targets of read-only operations of an OpenAPI 3 description, and print them as a part of a profile.

Nothing is written and nothing is asked: references to other files or addresses are not followed. What a template cannot express is said on standard error. Without --operation the operations are listed.`;

const many = (value: string, before: string[] = []): string[] => [...before, value];

/** `culvert harpoon …`: HTTP callouts by label. */
export const addHarpoon: AddCommand = (program, finish) => {
  const harpoon = program
    .command('harpoon')
    .summary('make targets for HTTP callouts')
    .description('Targets of Harpoon: HTTP callouts by label, without an MCP server.');
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
