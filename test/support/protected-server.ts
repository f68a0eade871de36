import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';
import { listen } from './network.ts';

/** A real authorization server and an MCP server that takes only its tokens. */
export interface ProtectedServer {
  readonly mcpUrl: string;
  readonly issuer: string;
  /** `METHOD /path` of every request to the authorization server, in order. */
  readonly asked: string[];
  /** Access tokens with which tools were called. */
  readonly tokens: string[];
  /** The access token is good for nothing from now on; its refresh token still is. */
  expire(token: string): Promise<void>;
}

/** Whoever comes to the sign-in is signed in and agrees to all that is asked. */
async function agree(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: 'someone', clientId: params['client_id'] ?? '' });
  const scope = params['scope'] ?? '';
  grant.addOIDCScope(scope);
  if (params['resource'] !== undefined) grant.addResourceScope(params['resource'], scope);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId: 'someone' }, consent: { grantId } });
}

function authorizationServer(issuer: string): Provider {
  return new Provider(issuer, {
    cookies: { keys: ['test'] },
    jwks: undefined,
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'mcp:tools offline_access', accessTokenFormat: 'opaque' }),
        useGrantedResource: () => true,
      },
    },
    scopes: ['openid', 'offline_access', 'mcp:tools'],
    pkce: { required: () => true },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    clientBasedCORS: () => false,
  });
}

/** @param apart - the authorization server has an origin of its own, rather than the MCP server's */
export async function protectedServer({ apart = false } = {}): Promise<ProtectedServer> {
  const asked: string[] = [];
  const tokens: string[] = [];
  const late: { provider?: Provider } = {};
  const signIn: RequestListener = (request, response) => {
    const { provider } = late;
    if (!provider) throw new Error('not ready');
    asked.push(`${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}`);
    if (request.url?.startsWith('/interaction/')) void agree(provider, request, response);
    else provider.callback()(request, response);
  };
  const mcp: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', origin);
    if (pathname === '/.well-known/oauth-protected-resource/mcp') {
      const metadata = { resource: `${origin}/mcp`, authorization_servers: [issuer], scopes_supported: ['mcp:tools'] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
    } else if (pathname === '/mcp') {
      void answer(request, response);
    } else if (apart) {
      response.writeHead(404).end();
    } else {
      signIn(request, response);
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !(await late.provider?.AccessToken.find(token))) {
      const place = `${origin}/.well-known/oauth-protected-resource/mcp`;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${place}", scope="mcp:tools"` }).end();
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const message = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown; method: string };
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'protected', version: '1' },
      },
      'tools/list': { tools: [{ name: 'where', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'inside' }] },
    };
    if (message.method === 'tools/call') tokens.push(token);
    if (message.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result = results[message.method];
    const outcome = result === undefined ? { error: { code: -32_601, message: 'no such method' } } : { result };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome }));
  };

  const { origin } = await listen(createServer(mcp));
  const issuer = apart ? (await listen(createServer(signIn))).origin : origin;
  late.provider = authorizationServer(issuer);
  return {
    mcpUrl: `${origin}/mcp`,
    issuer,
    asked,
    tokens,
    expire: async (token) => (await late.provider?.AccessToken.find(token))?.destroy(),
  };
}

/** A person's browser inside the network: follows redirects with cookies, up to the one that leads back to the client. */
export async function browseTo(start: URL, redirectUrl: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = start;
  for (let hops = 0; hops < 10; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    const text = await response.text();
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${next.href} answered ${response.status}: ${text.slice(0, 1_000)}`);
    next = new URL(location, next);
    if (next.href.startsWith(redirectUrl)) return next;
  }
  throw new Error('too many redirects');
}
