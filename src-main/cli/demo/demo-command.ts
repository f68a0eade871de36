import type { AddCommand } from '../add-command.ts';

const description = `Show the whole pipe on this machine, with no account and no network.

It starts a local control plane, a small MCP server and a tunnel between them, calls a tool through all of it with an MCP client, and prints each step with its time. Then it stays up, so that any MCP client can call the server through the tunnel.`;

export const addDemo: AddCommand = (program, finish) => {
  program
    .command('demo')
    .summary('show a call through a tunnel, all on this machine')
    .description(description)
    .option('--once', 'end after the call; the last line is a report in JSON')
    .allowExcessArguments(false)
    .action(async ({ once = false }: { once?: boolean }) => {
      const { runDemo } = await import('./demo.ts');
      finish(await runDemo(once));
    });
};

export const addDemoServer: AddCommand = (program, finish) => {
  program
    .command('demo-server')
    .summary('serve the demo’s MCP server on stdin and stdout')
    .description('Serve a small MCP server of both protocol eras over stdio: add, now and slow_count.')
    .allowExcessArguments(false)
    .action(async () => {
      const { serveDemo } = await import('../../demo/server.ts');
      await serveDemo();
      finish(0);
    });
};
