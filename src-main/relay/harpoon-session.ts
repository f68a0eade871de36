import type { Answer } from './answer.ts';
import type { Waiting } from './command.ts';
import { isObject, parseJson } from './json.ts';
import type { RelayTunnel } from './tunnel.ts';

/** What a tool of Harpoon answered: its structured content, or the reason why there is none. */
export type ToolOutcome =
  { readonly content: Readonly<Record<string, unknown>> } | { readonly refused: string | undefined };

const revision = '2025-06-18';
const headers = JSON.stringify({
  'Content-Type': ['application/json'],
  Accept: ['application/json, text/event-stream'],
  'Mcp-Protocol-Version': [revision],
});

/**
 * The service's own MCP session on a tunnel's channel `harpoon`, for its part of OAuth. It carries no caller's
 * `Authorization`.
 */
export class HarpoonSession {
  readonly #tunnel: RelayTunnel;
  readonly #timeoutMs: number;
  #opened: Promise<void> | undefined;
  #lastId = 0;

  constructor(tunnel: RelayTunnel, timeoutMs: number) {
    this.#tunnel = tunnel;
    this.#timeoutMs = timeoutMs;
  }

  /** Rejects with `ApiError` where no client takes the call or none answers in time. */
  async call(name: string, args: object): Promise<ToolOutcome> {
    const wasOpen = this.#opened !== undefined;
    await (this.#opened ??= this.#open());
    let result = await this.#request('tools/call', { name, arguments: args });
    if (!result && wasOpen) {
      // the client may have been started anew since, and knows nothing of the session
      await (this.#opened = this.#open());
      result = await this.#request('tools/call', { name, arguments: args });
    }
    if (!result) this.#opened = undefined;
    const content = result?.['structuredContent'];
    return isObject(content) && result?.['isError'] !== true ? { content } : { refused: textOf(result) };
  }

  async #open(): Promise<void> {
    try {
      const clientInfo = { name: 'culvert-relay', version: '1' };
      await this.#request('initialize', { protocolVersion: revision, capabilities: {}, clientInfo });
      await this.#exchange('notifications/initialized', {}, undefined);
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  /** The result; undefined for a JSON-RPC error. */
  async #request(method: string, params: object): Promise<Readonly<Record<string, unknown>> | undefined> {
    const answer = await this.#exchange(method, params, `"relay-${++this.#lastId}"`);
    const message = answer.json && parseJson(answer.json);
    const result = isObject(message) ? message['result'] : undefined;
    return isObject(result) ? result : undefined;
  }

  #exchange(method: string, params: object, rpcId: string | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        notify: () => undefined,
        finish: resolve,
        fail: reject,
        cancelled: () => undefined,
      };
      const id = rpcId === undefined ? '' : `"id":${rpcId},`;
      const payload = Buffer.from(
        `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}}`,
      );
      this.#tunnel.enqueue({
        type: 'jsonrpc',
        channel: 'harpoon',
        headers,
        payload,
        waiting,
        timeoutMs: this.#timeoutMs,
        ...(rpcId !== undefined && { rpcId }),
      });
    });
  }
}

function textOf(result: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const content = result?.['content'];
  const [first] = Array.isArray(content) ? (content as unknown[]) : [];
  return isObject(first) && typeof first['text'] === 'string' ? first['text'] : undefined;
}
