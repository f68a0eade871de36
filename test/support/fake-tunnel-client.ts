import { Agent } from 'undici';

/** A command as the relay sends it; `jsonrpc` in its own bytes. */
export interface PolledCommand {
  readonly request_id: string;
  readonly shard_token: string;
  readonly command_type: string;
  readonly channel: string;
  readonly response_timeout: string;
  readonly headers: Record<string, string[]>;
  readonly jsonrpc?: { readonly id?: unknown; readonly method?: string };
}

/** The least that a tunnel client is: it shares no code with Culvert's own. */
export class FakeTunnelClient {
  readonly #agent = new Agent({ connections: 20, bodyTimeout: 0, headersTimeout: 0 });
  readonly #stop = new AbortController();
  readonly #base: string;
  readonly #key: string;
  readonly #handled = new Set<Promise<unknown>>();
  #loop: Promise<void> | undefined;

  constructor(relay: string, tunnelId: string, key: string) {
    this.#base = `${relay}/v1/tunnels/${tunnelId}`;
    this.#key = key;
  }

  async poll(
    query = 'limit=25&timeout_ms=20000',
  ): Promise<{ status: number; text: string; commands: PolledCommand[] }> {
    const { statusCode, body } = await this.#agent.request({
      ...this.#target(`/poll?${query}`),
      method: 'GET',
      headers: { authorization: `Bearer ${this.#key}` },
      signal: this.#stop.signal,
    });
    const text = await body.text();
    const { commands = [] } = (statusCode === 200 ? JSON.parse(text) : {}) as { commands?: PolledCommand[] };
    return { status: statusCode, text, commands };
  }

  /** Posts a body as it is, or an object as JSON. */
  async respond(
    command: { shard_token: string },
    payload: object | string,
  ): Promise<{ status: number; code: unknown }> {
    const { statusCode, body } = await this.#agent.request({
      ...this.#target('/response'),
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#key}`,
        'content-type': 'application/json',
        'x-tunnel-shard-token': command.shard_token,
      },
      body: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
    const answer = (await body.json()) as { error?: { code: unknown } };
    return { status: statusCode, code: answer.error?.code };
  }

  /** Polls until `close`, which waits for the handlers, and hands out every command. */
  start(handle: (command: PolledCommand, client: this) => Promise<unknown>): void {
    this.#loop = (async () => {
      while (!this.#stop.signal.aborted) {
        const { commands } = await this.poll();
        for (const command of commands) this.#handled.add(handle(command, this));
      }
    })().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#handled);
    await this.#agent.destroy();
  }

  #target(path: string): { origin: string; path: string } {
    const url = new URL(this.#base + path);
    return { origin: url.origin, path: url.pathname + url.search };
  }
}

/** Hands a command to a Streamable HTTP server and posts what it answers, notifications first. */
export function forwardTo(serverUrl: string): (command: PolledCommand, client: FakeTunnelClient) => Promise<void> {
  return async (command, client) => {
    const headers = new Headers();
    for (const [name, values] of Object.entries(command.headers))
      for (const value of values) headers.append(name, value);
    headers.set('accept', 'application/json, text/event-stream');
    const ends = command.command_type === 'session_termination';
    const answer = await fetch(serverUrl, {
      method: ends ? 'DELETE' : 'POST',
      headers,
      ...(!ends && { body: JSON.stringify(command.jsonrpc) }),
    });
    const resp_headers: Record<string, string[]> = {};
    for (const name of ['content-type', 'mcp-session-id', 'www-authenticate']) {
      const value = answer.headers.get(name);
      if (value !== null) resp_headers[name] = [value];
    }
    const base = { request_id: command.request_id, channel: command.channel, resp_headers, resp_code: answer.status };
    const text = await answer.text();
    const messages = resp_headers['content-type']?.[0]?.startsWith('text/event-stream')
      ? [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!) as object)
      : text === ''
        ? []
        : [JSON.parse(text) as object];
    for (const message of messages)
      await client.respond(command, {
        ...base,
        resp_json: message,
        resp_type: 'method' in message ? 'jsonrpc_notify' : 'jsonrpc_response',
      });
    if (messages.length > 0) return;
    await client.respond(command, { ...base, resp_type: ends ? 'session_termination_response' : 'notify_ack' });
  };
}
