import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import { systemClock } from '../../src-main/base/clock.ts';
import { AddressRules } from '../../src-main/harpoon/address-rules.ts';
import { createHarpoon, type Harpoon } from '../../src-main/harpoon/harpoon.ts';
import { readMessage } from '../../src-main/json/message.ts';
import { Dialer } from '../../src-main/network/dial.ts';
import { createRoutes } from '../../src-main/network/profile-routes.ts';
import { loadProfileText } from '../../src-main/profiles/load.ts';
import { cleanUp, listen, literalSecrets } from '../support/network.ts';

export interface Rig {
  readonly harpoon: Harpoon;
  /** Every request that any server of the test saw. */
  readonly reached: readonly string[];
  readonly call: (tool: string, args: unknown) => Promise<ToolAnswer>;
  readonly ask: (method: string, params?: unknown) => Promise<unknown>;
}

export interface ToolAnswer {
  readonly error?: { readonly code: number; readonly message: string };
  readonly isError?: boolean;
  readonly text: string;
  readonly structured: {
    readonly status_code: number;
    readonly body_base64: string;
    readonly headers: Record<string, string[]>;
  };
}

export const bodyOf = ({ structured }: ToolAnswer): string => Buffer.from(structured.body_base64, 'base64').toString();

/** A server that records what reaches it. */
export async function recordingServer(
  reached: string[],
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = (_, response) =>
    response.end('ok'),
): Promise<URL> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      reached.push(`${request.method ?? ''} ${request.headers.host ?? ''} ${request.url ?? ''}`);
      answer(request, response, body);
    });
  });
  return listen(server);
}

/** Harpoon as a profile's text configures it. Names resolve as `names` says; every connection ends at this machine. */
export async function rig(
  yaml: string,
  options: { readonly names?: Readonly<Record<string, () => readonly string[]>>; readonly reached?: string[] } = {},
): Promise<Rig> {
  const { reached = [], names = {} } = options;
  const profile = await loadProfileText('profile.yaml', yaml, {});
  const rules = new AddressRules(profile.harpoon);
  const dialer = new Dialer({
    lookup: (host, done) => {
      const addresses = names[host]?.();
      if (!addresses) return done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
      done(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
    // whatever the address is said to be, the test's own server is what answers there
    connect: (_, port) => connect({ host: '127.0.0.1', port }),
  });
  const routes = createRoutes(profile, {
    secrets: literalSecrets,
    env: {},
    dialer,
    allowsAddress: (url, address) => rules.allows(url, address),
  });
  cleanUp(() => routes.close());
  const harpoon = createHarpoon(profile.harpoon, { routes, secrets: literalSecrets, clock: systemClock });
  const ask = async (method: string, params: unknown = {}): Promise<unknown> => {
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const { body } = await harpoon.channel.send({
      bytes,
      message: readMessage(bytes),
      headers: [],
      cancellation: new Cancellation(),
      onNotification: () => undefined,
    });
    return JSON.parse(body?.toString() ?? '{}');
  };
  return {
    harpoon,
    reached,
    ask,
    call: async (name, args) => {
      const { result, error } = (await ask('tools/call', { name, arguments: args })) as {
        result?: { content: { text: string }[]; isError?: boolean; structuredContent?: ToolAnswer['structured'] };
        error?: ToolAnswer['error'];
      };
      return {
        ...(error && { error }),
        ...(result?.isError === true && { isError: true }),
        text: result?.content[0]?.text ?? error?.message ?? '',
        structured: result?.structuredContent ?? { status_code: 0, body_base64: '', headers: {} },
      };
    },
  };
}
