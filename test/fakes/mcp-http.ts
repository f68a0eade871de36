import { rawMember } from './raw-member.ts';
import {
  STALL,
  ScriptedServer,
  type Answer,
  type Piece,
  type RecordedRequest,
  type ServerOptions,
} from './scripted-server.ts';

export { CUT, RESET, STALL, type Answer, type Piece, type RecordedRequest } from './scripted-server.ts';

/** A request to the fake MCP server, with what its JSON-RPC message says. */
export interface McpRequest extends RecordedRequest {
  readonly rpcMethod: string | undefined;
  /** The id's exact bytes as text; undefined for a notification. */
  readonly rpcId: string | undefined;
  readonly message: Readonly<Record<string, unknown>>;
}

type Script = Answer | ((request: McpRequest) => Answer | Promise<Answer>);

function read(request: RecordedRequest): McpRequest {
  let message: Record<string, unknown> = {};
  let rpcId: string | undefined;
  try {
    message = JSON.parse(request.body.toString()) as Record<string, unknown>;
    rpcId = rawMember(request.body, 'id')?.toString('latin1');
  } catch {
    // not JSON: then it has no method either
  }
  return { ...request, message, rpcId, rpcMethod: message.method as string | undefined };
}

/** A JSON answer with a result given as exact text. */
export const jsonAnswer = (request: McpRequest, result: string, headers: Answer['headers'] = {}): Answer => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: `{"jsonrpc":"2.0","id":${request.rpcId ?? 'null'},"result":${result}}`,
});

/** An answer as an event stream; each piece of text goes out as it is (`data: …\n\n` is for the caller to write). */
export const sseAnswer = (...body: readonly Piece[]): Answer => ({
  headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
  body,
});

/** Headers of an answer, and then nothing. */
export const stalledAnswer: Answer = { headers: { 'content-type': 'application/json' }, body: [STALL] };

/** One event that carries `data` on one line. */
export const event = (data: string | object): string =>
  `event: message\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/**
 * A Streamable HTTP server that does what its script says, sound or not. Unscripted requests are answered with
 * `{"echo":<the whole message>}`, notifications with 202, DELETE with 204, GET with 405.
 */
export class FakeMcpServer extends ScriptedServer {
  readonly calls: McpRequest[] = [];
  readonly #scripts = new Map<string, Script[]>();
  readonly #standing = new Map<string, Script>();

  constructor(options: ServerOptions = {}) {
    super(options, (request) => this.#answerTo(read(request)));
  }

  static async start(options: ServerOptions = {}): Promise<FakeMcpServer> {
    return new FakeMcpServer(options).start();
  }

  get endpoint(): string {
    return `${this.url}/mcp`;
  }

  /** Answers the next request of this JSON-RPC method (or of HTTP method `GET` or `DELETE`) with this. */
  once(method: string, script: Script): void {
    this.#scripts.set(method, [...(this.#scripts.get(method) ?? []), script]);
  }

  /** Answers every request of this method with this, unless a `once` comes first. */
  on(method: string, script: Script): void {
    this.#standing.set(method, script);
  }

  #answerTo(request: McpRequest): Answer | Promise<Answer> {
    this.calls.push(request);
    const name = request.rpcMethod ?? request.method;
    const script = this.#scripts.get(name)?.shift() ?? this.#standing.get(name);
    if (typeof script === 'function') return script(request);
    if (script) return script;
    if (request.method === 'DELETE') return { status: 204 };
    if (request.method !== 'POST') return { status: 405 };
    if (request.rpcId === undefined) return { status: 202 };
    return jsonAnswer(request, `{"echo":${request.body.toString()}}`);
  }

  callsOf(method: string): McpRequest[] {
    return this.calls.filter((call) => (call.rpcMethod ?? call.method) === method);
  }

  /** The n-th (from 0) request of this method, now or when it comes. */
  async call(method: string, n = 0, ms?: number): Promise<McpRequest> {
    return this.until(`MCP ${method} ${n}`, () => this.callsOf(method)[n], ms);
  }
}
