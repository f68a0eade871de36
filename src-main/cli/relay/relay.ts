import { readFile } from 'node:fs/promises';
import { TunnelError } from '../../../shared/errors.ts';
import { isLoopbackName } from '../../base/loopback.ts';
import { createRelay, type Relay, type RelayEvent, type RelayOptions } from '../../relay/relay.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { createSecrets } from '../../secrets/resolver.ts';
import { parseDuration } from '../../settings/duration.ts';
import { listenForEnd } from '../run/signals.ts';

export interface RelayArguments {
  readonly listen?: string;
  readonly allowRemote?: boolean;
  readonly allowHost?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tunnelId?: string;
  readonly name: string;
  readonly organizationId?: string;
  readonly apiKey?: string;
  readonly adminKey?: string;
  readonly responseTimeout: string;
  readonly newTunnelDelay: string;
  readonly json?: boolean;
}

const defaultPort = 8788;

const wrong = (field: string, problem: string, hint: string): TunnelError =>
  new TunnelError('config_invalid', 'local', { field, file: 'the command line', problem, hint });

function readAddress(given: RelayArguments): { host: string; port: number } | undefined {
  const { listen } = given;
  if (listen === undefined) return undefined;
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(listen) ?? [];
  const host = (bracketed ?? plain) || '127.0.0.1';
  const port = Number(digits);
  if (digits === '' || port > 65_535) throw wrong('--listen', 'it is no host:port', 'Write it as 127.0.0.1:8788.');
  if (!isLoopbackName(host) && given.allowRemote !== true)
    throw wrong('--listen', `${host} is not this machine alone`, 'Add --allow-remote if others are to reach it.');
  return { host, port };
}

async function readFiles(given: RelayArguments): Promise<RelayOptions['tls']> {
  const { tlsCert, tlsKey } = given;
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw wrong('--tls-cert', 'it goes together with --tls-key', 'Give both, or neither.');
  const read = async (flag: string, file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      throw wrong(flag, `${file} cannot be read (${code})`, 'Name a PEM file that this user may read.');
    }
  };
  return { cert: await read('--tls-cert', tlsCert), key: await read('--tls-key', tlsKey) };
}

async function resolveKey(flag: string, ref: string | undefined): Promise<string | undefined> {
  if (ref === undefined) return undefined;
  if (!/^(env|file|keychain):/i.test(ref))
    throw wrong(flag, 'a key on the command line can be read by every program', 'Write env:NAME or file:/path.');
  return createSecrets({ env: process.env, store: createKeychain }).resolve(ref);
}

/** Only the default port moves on when it is taken. */
async function start(options: RelayOptions, address: { host: string; port: number } | undefined): Promise<Relay> {
  if (address) return createRelay({ ...options, ...address });
  try {
    return await createRelay({ ...options, port: defaultPort });
  } catch (error) {
    if (!(error instanceof TunnelError) || error.code !== 'port_in_use') throw error;
    return createRelay(options);
  }
}

const time = (): string => new Date().toTimeString().slice(0, 8);

function eventLine(event: RelayEvent): string {
  if (event.kind === 'client') return `${time()}  tunnel client ${event.connected ? 'connected' : 'gone'}`;
  const channel = event.channel === 'main' ? '' : `[${event.channel}] `;
  const notifications = event.notifications > 0 ? `, ${event.notifications} notifications` : '';
  return `${time()}  ${channel}${event.method}  ${event.status}  ${event.ms.toFixed(1)} ms${notifications}`;
}

function introduction(relay: Relay, tunnelId: string, apiKey: string): string {
  const mcpUrl = relay.mcpUrl(tunnelId);
  return `The relay is ready. Its tunnels and keys are gone when it stops (Ctrl C).

  control plane  ${relay.address}
  tunnel id      ${tunnelId}
  runtime key    ${apiKey}
  admin key      ${relay.adminKey}
  MCP endpoint   ${mcpUrl}

Put an MCP server at the private end, in another terminal:

  CONTROL_PLANE_API_KEY=${apiKey} culvert run --control-plane.base-url ${relay.address} \\
    --tunnel-id ${tunnelId} --mcp.command "npx -y @modelcontextprotocol/server-everything"

Then call it with any MCP client:

  { "mcpServers": { "tunnel": { "type": "http", "url": "${mcpUrl}",
      "headers": { "Authorization": "Bearer ${apiKey}" } } } }
`;
}

/** Runs until it is told to stop; resolves with the exit code. Rejects with `TunnelError`. */
export async function runRelay(given: RelayArguments): Promise<number> {
  const address = readAddress(given);
  const responseTimeoutMs = parseDuration(given.responseTimeout);
  if (responseTimeoutMs === undefined || responseTimeoutMs <= 0)
    throw wrong('--response-timeout', 'it is no duration', 'Write it as 90s or 2m.');
  const newTunnelDelayMs = parseDuration(given.newTunnelDelay);
  if (newTunnelDelayMs === undefined || newTunnelDelayMs < 0)
    throw wrong('--new-tunnel-delay', 'it is no duration', 'Write it as 30s.');
  const tls = await readFiles(given);
  const apiKey = await resolveKey('--api-key', given.apiKey);
  const adminKey = await resolveKey('--admin-key', given.adminKey);

  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  const relay = await start(
    {
      allowRemote: given.allowRemote ?? false,
      allowedHosts: given.allowHost ?? [],
      responseTimeoutMs,
      newTunnelDelayMs,
      ...(tls && { tls }),
      ...(adminKey !== undefined && { adminKey }),
      onEvent: (event) => print(given.json ? JSON.stringify(event) : eventLine(event)),
    },
    address,
  );
  const end = listenForEnd();
  try {
    const { id } = relay.addTunnel({
      name: given.name,
      ...(given.tunnelId !== undefined && { id: given.tunnelId }),
      ...(given.organizationId !== undefined && { organizationId: given.organizationId }),
    });
    // Good for tunnels that are created later as well.
    const key = relay.addKey(apiKey === undefined ? {} : { secret: apiKey });
    print(
      given.json
        ? JSON.stringify({
            kind: 'ready',
            controlPlane: relay.address,
            tunnelId: id,
            apiKey: key,
            adminKey: relay.adminKey,
            mcpUrl: relay.mcpUrl(id),
          })
        : introduction(relay, id, key),
    );
    await end.first;
  } finally {
    await relay.close();
    end.release();
  }
  return 0;
}
