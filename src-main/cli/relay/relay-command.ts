import type { AddCommand } from '../add-command.ts';
import type { RelayArguments } from './relay.ts';

const description = `Run a control plane of your own on this machine, with one tunnel and its keys, in memory.

It speaks the service's side of the tunnel protocol and gives the tunnel an MCP endpoint, so that everything works with no account and no network: for trying things out, for development, and as a test bed. It prints what to do with it.

Keys are made up at each start. To keep them: --api-key env:NAME or file:/path, and the same for --admin-key.`;

const many = (value: string, before: string[] = []): string[] => [...before, value];

export const addRelay: AddCommand = (program, finish) => {
  program
    .command('relay')
    .summary('run a local control plane')
    .description(description)
    .option('--listen <address>', 'host:port to listen on (default 127.0.0.1:8788, or any free port if that is taken)')
    .option('--allow-remote', 'allow an address off this machine; use --tls-cert then, keys travel with every request')
    .option('--allow-host <name>', 'a name, besides localhost, under which it is called; repeatable', many)
    .option('--tls-cert <file>', 'PEM certificate chain; serves HTTPS')
    .option('--tls-key <file>', 'PEM private key of --tls-cert')
    .option('--tunnel-id <id>', 'id of the tunnel (made up by default)')
    .option('--name <name>', 'name of the tunnel', 'Local tunnel')
    .option('--organization-id <id>', 'clients must name this organization')
    .option('--api-key <ref>', 'runtime key: env:NAME or file:/path (made up by default)')
    .option('--admin-key <ref>', 'admin key: env:NAME or file:/path (made up by default)')
    .option('--response-timeout <duration>', 'how long a caller waits for its answer, such as 90s', '2m')
    .option('--new-tunnel-delay <duration>', 'how long a tunnel that is created is not usable yet, such as 30s', '0s')
    .option('--json', 'print one line of JSON for the start and for each event')
    .allowExcessArguments(false)
    .action(async (given: RelayArguments) => {
      const { runRelay } = await import('./relay.ts');
      finish(await runRelay(given));
    });
};
