import { z } from 'zod';
import { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import type { HeaderList } from '../../shared/trace.ts';
import type { ServerInfo } from '../../shared/tunnel.ts';
import { readMessage } from '../json/message.ts';
import type { Channel, ChannelAnswer } from '../call/channel.ts';
import type { Cancellation } from '../base/cancellation.ts';
import { version } from '../base/version.ts';

const legacyVersion = '2025-11-25';
const modernVersion = '2026-07-28';
const mostPages = 20;

const answerSchema = z.object({
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.number(), message: z.string().catch('') }).optional(),
});
const initializedSchema = z.object({
  protocolVersion: z.string(),
  serverInfo: z.object({ name: z.string().optional(), version: z.string().optional() }).optional(),
});
const discoveredSchema = z.object({
  supportedVersions: z.array(z.string()).optional(),
  serverInfo: z.object({ name: z.string().optional(), version: z.string().optional() }).optional(),
});
const toolsSchema = z.object({ tools: z.array(z.object({ name: z.string() })), nextCursor: z.string().optional() });

const clientInfo = { name: 'culvert', version };

type Proof<T> = { readonly value: T; readonly facts: Evidence['facts'] };

/**
 * A handshake and a list of tools with a server, over its channel: what a probe needs of an MCP client, without a second
 * child being started for it. `initialize` comes first, since most servers know nothing else; one that speaks only the
 * newer revision is asked for `server/discover`.
 */
export function askServer(
  channel: Channel,
  cancellation: Cancellation,
): { handshake(): Promise<Proof<ServerInfo>>; tools(): Promise<Proof<string[]>>; ping(): Promise<Proof<true>> } {
  let nextId = 1;
  let era: 'legacy' | 'modern' = 'legacy';
  let session: HeaderList = [];

  const send = (message: Record<string, unknown>, headers: HeaderList): Promise<ChannelAnswer> => {
    const bytes = Buffer.from(JSON.stringify(message));
    return channel.send({ bytes, message: readMessage(bytes), headers, cancellation, onNotification: () => undefined });
  };
  const request = async (method: string, params: Record<string, unknown>, headers: HeaderList) => {
    const answer = await send({ jsonrpc: '2.0', id: nextId++, method, params }, headers).catch((error: unknown) => {
      const status = error instanceof TunnelError && error.code === 'http_status' ? error.params['status'] : undefined;
      throw typeof status === 'number' ? statusError(status, method, channel) : error;
    });
    if (answer.status === 401) throw new TunnelError('auth_required', 'mcp-server', { status: 401 });
    if (answer.status >= 400 && !answer.body) throw statusError(answer.status, method, channel);
    const parsed = answerSchema.safeParse(answer.body && JSON.parse(answer.body.toString('utf8')));
    if (!parsed.success) throw new TunnelError('handshake_failed', 'mcp-server', { channel: channel.name, method });
    return { ...parsed.data, headers: answer.headers };
  };
  const refused = (method: string, error: { code: number; message: string } | undefined): TunnelError =>
    new TunnelError('handshake_failed', 'mcp-server', {
      channel: channel.name,
      method,
      ...(error ? { code: error.code, detail: error.message.slice(0, 200) } : {}),
    });
  const modernMeta = {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': modernVersion,
      'io.modelcontextprotocol/clientInfo': clientInfo,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const modernHeaders = (method: string): HeaderList => [
    ['Mcp-Protocol-Version', modernVersion],
    ['Mcp-Method', method],
  ];

  const discover = async (): Promise<ServerInfo | undefined> => {
    const answer = await request('server/discover', modernMeta, modernHeaders('server/discover')).catch(
      () => undefined,
    );
    const found = discoveredSchema.safeParse(answer?.result);
    if (!answer?.result || !found.success) return undefined;
    return { protocolVersions: found.data.supportedVersions ?? [modernVersion], ...named(found.data.serverInfo) };
  };

  return {
    // before or after a handshake of someone else's: a ping changes nothing, and even a refusal is a sign of life
    async ping() {
      await request('ping', {}, []);
      return { value: true, facts: {} };
    },
    async handshake() {
      const params = { protocolVersion: legacyVersion, capabilities: {}, clientInfo };
      const { result, error, headers } = await request('initialize', params, []);
      const initialized = initializedSchema.safeParse(result);
      if (!initialized.success) {
        const modern = await discover();
        if (!modern) throw refused('initialize', error);
        era = 'modern';
        return { value: modern, facts: factsOf(modern) };
      }
      const { protocolVersion, serverInfo } = initialized.data;
      session = [
        ...headers.filter(([name]) => name.toLowerCase() === 'mcp-session-id'),
        ['Mcp-Protocol-Version', protocolVersion],
      ];
      await send({ jsonrpc: '2.0', method: 'notifications/initialized' }, session);
      const info: ServerInfo = { protocolVersions: [protocolVersion], ...named(serverInfo) };
      return { value: info, facts: factsOf(info) };
    },
    async tools() {
      const names: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page++) {
        const params = { ...(era === 'modern' ? modernMeta : {}), ...(cursor === undefined ? {} : { cursor }) };
        const headers = era === 'modern' ? modernHeaders('tools/list') : session;
        const { result, error } = await request('tools/list', params, headers);
        // a server need not have tools: then it says that it does not know the method
        if (error?.code === -32601) break;
        const listed = toolsSchema.safeParse(result);
        if (!listed.success) throw refused('tools/list', error);
        names.push(...listed.data.tools.map(({ name }) => name));
        cursor = listed.data.nextCursor;
        if (cursor === undefined) break;
      }
      if (session.some(([name]) => name.toLowerCase() === 'mcp-session-id')) {
        await channel.terminate(session, cancellation).catch(() => undefined);
      }
      return { value: names, facts: { count: names.length, tools: names.slice(0, 50) } };
    },
  };
}

const statusError = (status: number, method: string, channel: Channel): TunnelError =>
  new TunnelError('http_status', 'mcp-server', { status, method, channel: channel.name });

const named = (info: { name?: string | undefined; version?: string | undefined } | undefined) => ({
  ...(info?.name === undefined ? {} : { name: info.name }),
  ...(info?.version === undefined ? {} : { version: info.version }),
});

const factsOf = ({ name, version: serverVersion, protocolVersions }: ServerInfo): Evidence['facts'] => ({
  protocolVersions,
  ...(name === undefined ? {} : { name }),
  ...(serverVersion === undefined ? {} : { version: serverVersion }),
});
