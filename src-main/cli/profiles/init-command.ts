import { Option as Flag, type Command } from 'commander';
import { takeAllSpellings } from '../help/spellings.ts';
import type { InitValues } from './new-profile.ts';
import type { AddCommand } from '../add-command.ts';

const description = `Write a profile: which tunnel, which key, which MCP server. In a terminal it asks for what no flag gives: it offers the servers that other MCP clients on this machine have set up, keeps the key in the keychain when it is typed in, and proves the profile at the end. Ctrl C leaves, and writes nothing.

  culvert init
  culvert init --profile crm --tunnel-id tunnel_… \\
    --mcp-command "npx -y some-mcp-server"
  culvert init --profile docs --tunnel-id tunnel_… \\
    --sample sample_mcp_http --mcp-server-url http://localhost:8080/mcp

With flags the key is env:CONTROL_PLANE_API_KEY unless another reference is given; it is never written as itself.`;

/** The flags of `init` and of `profiles add`. */
export function addProfileFlags(command: Command): Command {
  command
    .option('--sample <sample>', 'start from this sample (culvert profiles samples list)')
    .option('--profile-dir <folder>', 'write there instead (TUNNEL_CLIENT_PROFILE_DIR)')
    .option('--tunnel-id <id>', 'the tunnel: tunnel_ and 32 lower-case letters or digits')
    .option('--mcp-command <command>', 'the command that starts the MCP server')
    .option('--mcp-server-url <url>', 'the URL of the MCP server')
    .option(
      '--import <server>',
      'an MCP server that another client has set up, as SERVER, CLIENT/SERVER or CHANNEL=SERVER; again for more channels',
      (server: string, before: readonly string[] | undefined) => [...(before ?? []), server],
    )
    .addOption(
      new Flag('--secrets <place>', 'where the secret values of such a server go').choices(['keychain', 'env']),
    )
    .option('--control-plane-api-key-ref <ref>', 'the runtime key as env:NAME, file:/path or keychain:…')
    .option('--control-plane-base-url <url>', 'another control plane')
    .option('--control-plane-url-path <path>', 'put between its host and /v1')
    .option('--organization-id <id>', 'the organization that the tunnel belongs to')
    .option('--health-listen-addr <address>', 'where health and metrics are served')
    .option('--open-web-ui', 'open the interface in a browser when it runs')
    .option('--force', 'replace a profile of that name');
  return takeAllSpellings(command);
}

/** `culvert init`: a profile, by flags or by questions. */
export const addInit: AddCommand = (program, finish) => {
  const command = program
    .command('init')
    .summary('write a profile, by flags or by questions')
    .description(description)
    .option('--profile <name>', 'what it is called');
  addProfileFlags(command).action(async (values: InitValues) => {
    const { init } = await import('./init.ts');
    finish(await init(values));
  });
};
