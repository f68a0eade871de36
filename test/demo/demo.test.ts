import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { startDemo } from '../../src-main/demo/demo.ts';
import { selfCommand } from '../../src-main/demo/self-command.ts';
import { culvert } from '../support/culvert.ts';
import { testEngine } from '../support/engine.ts';
import { toolCall, withClient } from '../support/transcript.ts';

describe('culvert demo', () => {
  it('makes one real call, reports it in JSON as its last line and ends with 0', async () => {
    const { code, lines, errors } = await culvert(['demo', '--once']);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(lines.at(-1)!)).toEqual({
      ok: true,
      tool: 'add',
      arguments: { a: 2, b: 40 },
      result: { sum: 42 },
      protocol_version: '2026-07-28',
      timings_ms: {
        relay: expect.any(Number) as number,
        tunnel: expect.any(Number) as number,
        connect: expect.any(Number) as number,
        call: expect.any(Number) as number,
        total: expect.any(Number) as number,
      },
    });
    expect(lines).toHaveLength(5);
  });

  it('needs nobody else: a proxy in the environment is not asked', async () => {
    const env = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
    const { code, errors } = await culvert(['demo', '--once'], env);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });

  it.each(['legacy', '2026-07-28'] as const)(
    'stays up for clients of the printed URL (%s), and drains when told to end',
    async (era) => {
      const counted: unknown[] = [];
      let url = '';
      const { code } = await culvert(['demo'], {}, (line, end) => {
        url = /URL +(\S+)/.exec(line)?.[1] ?? url;
        const [, key] = /^ +header +Authorization: Bearer (\S+)/.exec(line) ?? [];
        if (key === undefined) return;
        const requestInit = { headers: { authorization: `Bearer ${key}` } };
        const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
        void withClient(transport, era, (client) => toolCall(client, 'slow_count', { to: 3, pause_ms: 5 }))
          .then((seen) => counted.push(seen))
          .finally(end);
      });
      expect(code).toBe(0);
      expect(counted).toMatchObject([
        {
          result: { content: [{ text: 'Counted to 3.' }] },
          progress: [{ progress: 1 }, { progress: 2 }, { progress: 3 }],
        },
      ]);
    },
  );

  it('says which step failed, and leaves nothing running', async () => {
    const tunnels = testEngine();
    const steps: string[] = [];
    const demo = startDemo({
      tunnels,
      serverCommand: 'no-such-program-anywhere',
      onStep: (step) => steps.push(step),
    });
    await expect(demo).rejects.toMatchObject({ step: 'tunnel', cause: { code: 'command_not_found' } });
    expect(steps).toEqual(['relay']);
    expect(tunnels.snapshots().map(({ state }) => state.kind)).toEqual(['stopped']);
  });

  it('gives a step only so long', async () => {
    const serverCommand = `"${process.execPath}" -e "process.stdin.resume()"`;
    const reached = async (stepLimitMs: number): Promise<unknown> => {
      const error: unknown = await startDemo({ tunnels: testEngine(), serverCommand, stepLimitMs }).catch(
        (reason: unknown) => reason,
      );
      // a slow machine may need longer for the steps before
      return (error as { step?: string }).step !== 'connect' && stepLimitMs < 10_000 ? reached(2 * stepLimitMs) : error;
    };
    expect(await reached(1_000)).toMatchObject({ step: 'connect', cause: { code: 'timed_out' } });
  });

  it('stops waiting when it is interrupted', async () => {
    const serverCommand = `"${process.execPath}" -e "process.stdin.resume()"`;
    const demo = startDemo({ tunnels: testEngine(), serverCommand, interrupted: Promise.resolve() });
    await expect(demo).rejects.toMatchObject({ cause: { code: 'shutting_down' } });
  });
});

describe('the command that runs a subcommand of this program', () => {
  const argv = ['/usr/bin/node', '/opt/culvert.cjs', 'demo'];

  it('is Node with its entry, Electron with the app’s folder, or the packaged app alone without a display', () => {
    expect(selfCommand('demo-server', { execPath: '/usr/bin/node', argv, versions: {} })).toEqual([
      '/usr/bin/node',
      '/opt/culvert.cjs',
      'demo-server',
    ]);
    const versions = { electron: '33.0.0' };
    const electron = { execPath: '/opt/electron', argv: ['/opt/electron', '.'], versions, defaultApp: true };
    expect(selfCommand('demo-server', electron)).toEqual([
      '/opt/electron',
      '--ozone-platform=headless',
      '.',
      'demo-server',
    ]);
    const packaged = { execPath: '/opt/Culvert', argv: ['/opt/Culvert', 'demo'], versions };
    expect(selfCommand('demo-server', packaged)).toEqual(['/opt/Culvert', '--ozone-platform=headless', 'demo-server']);
  });
});
