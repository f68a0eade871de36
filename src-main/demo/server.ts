import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { version } from '../base/version.ts';
import { serveTwoErasOnStdio } from './two-era-stdio.ts';

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('The count was cancelled.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });

const says = (text: string): { content: { type: 'text'; text: string }[] } => ({ content: [{ type: 'text', text }] });

function demoServer(): McpServer {
  const server = new McpServer(
    { name: 'culvert-demo', title: 'Culvert demo server', version },
    { instructions: 'Three small tools to try a tunnel with: add, now and slow_count.' },
  );
  server.registerTool(
    'add',
    {
      title: 'Add two numbers',
      description: 'Adds two numbers.',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ ...says(String(a + b)), structuredContent: { sum: a + b } }),
  );
  server.registerTool(
    'now',
    {
      title: 'Time on this machine',
      description: 'Tells the time on the machine at the private end of the tunnel.',
      annotations: { readOnlyHint: true },
    },
    () => says(new Date().toISOString()),
  );
  server.registerTool(
    'slow_count',
    {
      title: 'Count slowly',
      description: 'Counts up with a pause between the steps, and reports progress. Can be cancelled.',
      inputSchema: z.object({
        to: z.number().int().min(1).max(1000).default(5),
        pause_ms: z.number().int().min(0).max(60_000).default(500),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ to, pause_ms }, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= to; progress++) {
        await pause(pause_ms, mcpReq.signal);
        if (progressToken === undefined) continue;
        const message = `${progress} of ${to}`;
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: to, message },
        });
      }
      return says(`Counted to ${to}.`);
    },
  );
  return server;
}

/** Serves the demo's MCP server, of both eras, on this process's stdin and stdout until stdin ends. */
export const serveDemo = (): Promise<void> => serveTwoErasOnStdio(demoServer);
