import { gunzipSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { apiKey, cleanUp, startControlPlane, startMcpServer, startTunnel } from '../faults/tunnel-process.ts';

afterEach(cleanUp);

/** Names and texts of a tar. */
function untar(bytes: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; bytes[at] !== 0;) {
    const field = (from: number, to: number): string =>
      bytes.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const size = parseInt(field(124, 136), 8);
    files.set(field(0, 100), bytes.toString('utf8', at + 512, at + 512 + size));
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return files;
}

test('the addresses under /api that scripts of the reference client read are there, with its shapes, for this machine alone', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  const tunnel = await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  await tunnel.logged(/Connected/);
  const base = (await readFile(join(tunnel.folder, 'health-url'), 'utf8')).trim();
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(base + path)).json()) as Record<string, unknown>;
  expect(await get('/api/status')).toMatchObject({
    control_plane_base_url: controlPlane.url,
    control_plane_tunnel_id: controlPlane.tunnelId,
    control_plane_poll_timeout: '30s',
    mcp_server_url: mcp.endpoint,
    health_listen_addr: base.replace('http://', ''),
    raw_http_logging_enabled: false,
    channels: [{ name: 'main', enabled: true, server_kind: 'external', transport_kind: 'streamable_http' }],
    tunnel_metadata: { id: controlPlane.tunnelId, name: 'fake' },
  });
  expect(await get('/api/system')).toMatchObject({ tls: { ca_bundles: [] } });
  expect(await get('/api/oauth')).toMatchObject({ authorization_server_count: 0 });
  const { events } = await get('/api/logs?limit=1');
  expect(events).toEqual([
    expect.objectContaining({ seq: expect.any(Number) as number, level: expect.stringMatching(/^[A-Z]+$/) as string }),
  ]);

  const leaving = new AbortController();
  const stream = await fetch(`${base}/api/logs/stream`, { signal: leaving.signal });
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  await fetch(`${base}/api/log-level`, { method: 'PUT', body: '{"level":"debug"}' });
  const reader = stream.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const first = await reader.read();
  expect(Buffer.from(first.value ?? []).toString()).toMatch(/^event: log\nid: \d+\ndata: \{"seq":\d+,"time":/);
  leaving.abort();

  const archive = await fetch(`${base}/api/logs/export?minutes=5`);
  expect(archive.headers.get('content-disposition')).toMatch(/tunnel-client-logs-\d{8}T\d{6}Z\.tar\.gz/);
  const files = untar(gunzipSync(Buffer.from(await archive.arrayBuffer())));
  expect(JSON.parse(files.get('manifest.json')!)).toMatchObject({ window: '5m', files: [...files.keys()] });
  expect(files.get('tunnel-client.logs.ndjson')).toContain('"message":');
  const metrics = files.get('tunnel-client.metrics.prom');
  expect(metrics).toContain('tunnel_client_connected 1');
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics ?? '')?.[1]);
  expect(value('commands_poll_cycles_total')).toBeGreaterThan(0);
  expect(value('commands_poll_last_successful_timestamp_seconds')).toBeGreaterThan(1e9);
  expect(
    ['commands_polled_total', 'commands_queue_length', 'commands_queue_capacity', 'liveness', 'readiness'].map(value),
  ).toEqual([0, 0, 20, 1, 1]);
  expect(metrics).toContain('# TYPE command_end_to_end_latency_milliseconds histogram');
  expect([...files.values()].join('')).not.toContain(apiKey);

  for (const path of ['/api/status', '/api/logs', '/api/logs/export'])
    expect((await fetch(base + path, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
  expect((await fetch(`${base}/api/status`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${base}/api/logs/other`)).status).toBe(404);
});
