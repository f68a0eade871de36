import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it } from 'vitest';
import { cli, culvert } from '../support/culvert.ts';
import { toolCall, withClient } from '../support/transcript.ts';

describe('culvert relay', () => {
  it('says where it is and with which keys, serves, and ends with 0 on SIGTERM', async () => {
    const served: number[] = [];
    const args = ['relay', '--listen', '127.0.0.1:0', '--json', '--api-key', 'env:MY_KEY'];
    const { code, lines } = await culvert(args, { MY_KEY: 'sk-mine' }, (line, end) => {
      const { kind, controlPlane, tunnelId } = JSON.parse(line) as Record<string, string>;
      if (kind !== 'ready') return;
      const headers = { authorization: 'Bearer sk-mine' };
      void fetch(`${controlPlane}/v1/tunnels/${tunnelId}/poll?timeout_ms=1`, { headers }).then(({ status }) => {
        served.push(status);
        end();
      });
    });
    expect(code).toBe(0);
    expect(served).toEqual([204]);
    expect(JSON.parse(lines[0]!)).toMatchObject({ kind: 'ready', apiKey: 'sk-mine' });
    expect(lines.slice(1).map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ kind: 'client', connected: true }),
    );
  });

  it('prints commands that can be pasted', async () => {
    const { lines } = await culvert(['relay', '--listen', '127.0.0.1:0'], {}, (line, end) => {
      if (line.includes('mcpServers')) end();
    });
    const text = lines.join('\n');
    const [, key] = /runtime key {4}(\S+)/.exec(text) ?? [];
    const [, url] = /control plane {2}(\S+)/.exec(text) ?? [];
    expect(text).toContain(`CONTROL_PLANE_API_KEY=${key} culvert run --control-plane.base-url ${url}`);
  });

  it.each([
    ['an address off this machine', ['--listen', '0.0.0.0:0'], '--allow-remote'],
    ['an address that is none', ['--listen', 'here'], '127.0.0.1:8788'],
    ['a key on the command line', ['--api-key', 'sk-visible'], 'env:NAME'],
    ['half a certificate', ['--tls-cert', 'a.pem'], '--tls-key'],
    ['a certificate that is not there', ['--tls-cert', 'no.pem', '--tls-key', 'no.pem'], 'no.pem'],
    ['a wrong tunnel id', ['--tunnel-id', 'tunnel_1'], '32 lower-case'],
    ['a duration that is none', ['--response-timeout', 'soon'], '90s'],
    ['an unknown flag', ['--port', '1'], 'unknown option'],
  ])('refuses %s with the way out', async (_, args, hint) => {
    const { code, lines, errors } = await culvert(['relay', ...args]);
    expect(code).toBe(2);
    expect(lines).toEqual([]);
    expect(errors).toContain(hint);
    expect(errors).not.toContain('sk-visible');
  });
});

describe('culvert demo-server', () => {
  it.each(['legacy', '2026-07-28'] as const)(
    'serves its tools over stdio (%s) and ends with its stdin',
    async (era) => {
      const transport = new StdioClientTransport({ command: process.execPath, args: [cli, 'demo-server'] });
      await withClient(transport, era, async (client) => {
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name)).toEqual(['add', 'now', 'slow_count']);
        expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })).toMatchObject({
          structuredContent: { sum: 3 },
        });
        expect(await toolCall(client, 'slow_count', { to: 2, pause_ms: 1 })).toMatchObject({
          progress: [
            { progress: 1, total: 2 },
            { progress: 2, total: 2 },
          ],
        });
      });
    },
  );
});
