import { expect, test } from 'vitest';
import type { StdioChannelConfig } from '../../shared/profile.ts';
import { describeCommand } from '../../src-main/approvals/command-description.ts';
import { planLaunch } from '../../src-main/mcp/stdio/launch.ts';

test('the folder that consent shows for a server that names none is the one it runs in', async () => {
  const config = {
    kind: 'stdio',
    name: 'main',
    command: 'node server.js',
    env: {},
    concurrency: 'parallel',
  } satisfies StdioChannelConfig;
  const path = process.env.PATH ?? '';
  const shown = await describeCommand(config, { env: process.env, searchPath: () => Promise.resolve(path) });
  const secrets = { resolve: (value: string) => Promise.resolve(value) };
  const run = await planLaunch(['node', 'server.js'], config, {
    environment: process.env,
    withheld: [],
    secrets: { ...secrets, onReplace: () => () => undefined } as never,
  });
  expect(shown.cwd).toBe(run.cwd);
});
