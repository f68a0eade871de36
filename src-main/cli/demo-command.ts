import type { AddCommand } from './main.ts';

export const addDemoServer: AddCommand = (program, finish) => {
  program
    .command('demo-server')
    .summary('serve the demo’s MCP server on stdin and stdout')
    .description('Serve a small MCP server of both protocol eras over stdio: add, now and slow_count.')
    .allowExcessArguments(false)
    .action(async () => {
      const { serveDemo } = await import('../demo/server.ts');
      await serveDemo();
      finish(0);
    });
};
