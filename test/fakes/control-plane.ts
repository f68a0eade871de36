import { rawMember } from './raw-member.ts';
import { ScriptedServer, type Answer, type RecordedRequest, type ServerOptions } from './scripted-server.ts';

export { CUT, RESET, STALL, type Answer, type RecordedRequest } from './scripted-server.ts';

export interface CommandFields {
  readonly request_id: string;
  /** Default `shard-<request_id>`. */
  readonly shard_token?: string;
  /** Default `jsonrpc`. */
  readonly command_type?: string;
  readonly channel?: string;
  readonly created_at?: string;
  /** Any JSON: `30s`, null, a number, nonsense. */
  readonly response_timeout?: unknown;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** The message, byte for byte as it is to arrive; an object is stringified. */
  readonly jsonrpc?: string | Buffer | object;
  /** Members nobody knows. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const bytesOf = (value: string | Buffer | object): Buffer =>
  Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** One command of a poll answer, as bytes. */
export function command(fields: CommandFields): Buffer {
  const { jsonrpc, extra, ...rest } = fields;
  const head = JSON.stringify({
    shard_token: `shard-${fields.request_id}`,
    command_type: 'jsonrpc',
    ...rest,
    ...extra,
  });
  if (jsonrpc === undefined) return Buffer.from(head);
  return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"jsonrpc":`), bytesOf(jsonrpc), Buffer.from('}')]);
}

/** The body of a poll answer: commands one after the other, or bytes that are no command at all. */
export function envelope(commands: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from('{"commands":[')];
  commands.forEach((one, index) => parts.push(Buffer.from(index ? ',' : ''), bytesOf(one)));
  return Buffer.concat([...parts, Buffer.from(']}')]);
}

/** One `POST …/response` that arrived. */
export interface RecordedPost {
  readonly request: RecordedRequest;
  readonly requestId: string;
  readonly type: string;
  readonly code: number;
  readonly channel: string | undefined;
  readonly shardToken: string | undefined;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** `resp_json`, parsed. */
  readonly json: unknown;
  /** `resp_json`, byte for byte; undefined when it is absent. */
  readonly raw: Buffer | undefined;
  /** The whole body, parsed. */
  readonly body: Readonly<Record<string, unknown>>;
}

function readPost(request: RecordedRequest): RecordedPost {
  const body = JSON.parse(request.body.toString()) as Record<string, unknown>;
  return {
    request,
    requestId: String(body.request_id),
    type: typeof body.resp_type === 'string' ? body.resp_type : 'jsonrpc_response',
    code: Number(body.resp_code),
    channel: body.channel as string | undefined,
    shardToken: request.headers['x-tunnel-shard-token'],
    headers: (body.resp_headers ?? {}) as Record<string, readonly string[]>,
    json: body.resp_json,
    raw: rawMember(request.body, 'resp_json'),
    body,
  };
}

export interface FakeOptions extends ServerOptions {
  readonly tunnelId?: string;
  /** What is put between host and `/v1`. */
  readonly urlPath?: string;
}

/** Without a script a poll waits as long as it asked to, then gets 204; a post gets `{"status":"ok"}`; metadata is found. */
export class FakeControlPlane extends ScriptedServer {
  readonly tunnelId: string;
  /** Every post in order, retries and notifications included. */
  readonly posts: RecordedPost[] = [];
  /** Posts that were no JSON, or lacked what every post must have. */
  readonly badPosts: RecordedRequest[] = [];
  /** While set, every poll that no script answers gets this. */
  standingPoll: Answer | undefined;
  /** While set, every post that no script answers gets this. */
  standingPost: Answer | undefined;
  metadata: Answer;
  readonly #root: string;
  #pollScript: Answer[] = [];
  #waiting: { leave: () => void; answer: (answer: Answer) => void }[] = [];
  readonly #postScript = new Map<string, Answer[]>();

  constructor(options: FakeOptions = {}) {
    super(options, (request) => this.#route(request));
    this.tunnelId = options.tunnelId ?? `tunnel_${'0123456789abcdef'.repeat(2)}`;
    this.#root = `${options.urlPath ?? ''}/v1/tunnels/${this.tunnelId}`;
    this.metadata = { body: JSON.stringify({ id: this.tunnelId, name: 'fake', description: 'a fake tunnel' }) };
  }

  static async start(options: FakeOptions = {}): Promise<FakeControlPlane> {
    return new FakeControlPlane(options).start();
  }

  #route(request: RecordedRequest): Answer | Promise<Answer> {
    if (request.method === 'GET' && request.path === `${this.#root}/poll`) return this.#poll(request);
    if (request.method === 'POST' && request.path === `${this.#root}/response`) return this.#post(request);
    if (request.method === 'GET' && request.path === this.#root) return this.metadata;
    return { status: 404, body: '{"error":{"message":"not found"}}' };
  }

  #poll(request: RecordedRequest): Answer | Promise<Answer> {
    const scripted = this.#pollScript.shift() ?? this.standingPoll;
    if (scripted) return scripted;
    return new Promise((resolve) => {
      const leave = (): void => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== entry);
      };
      const entry = {
        leave,
        answer: (answer: Answer): void => {
          leave();
          resolve(answer);
        },
      };
      const timer = setTimeout(() => entry.answer({ status: 204 }), Number(request.query.get('timeout_ms') ?? 30_000));
      void request.aborted.then(leave);
      this.#waiting.push(entry);
    });
  }

  #post(request: RecordedRequest): Answer {
    let post: RecordedPost;
    try {
      post = readPost(request);
    } catch {
      this.badPosts.push(request);
      return { status: 400 };
    }
    this.posts.push(post);
    const script = this.#postScript.get(post.requestId) ?? this.#postScript.get('*');
    return script?.shift() ?? this.standingPost ?? { body: '{"status":"ok"}' };
  }

  /** Polls that waited on them are gone at once: nothing can be handed to them any more. */
  override dropConnections(): void {
    super.dropConnections();
    for (const { leave } of this.#waiting) leave();
  }

  /** Answers the poll that waits longest, or the next ones, with these, in order. */
  onPoll(...answers: Answer[]): void {
    for (const answer of answers) {
      const waiting = this.#waiting[0];
      if (waiting) waiting.answer(answer);
      else this.#pollScript.push(answer);
    }
  }

  /** Hands these commands out in one poll answer. */
  send(...commands: readonly (CommandFields | Buffer | string)[]): void {
    const body = envelope(
      commands.map((one) => (typeof one === 'string' || Buffer.isBuffer(one) ? one : command(one))),
    );
    this.onPoll({ headers: { 'content-type': 'application/json' }, body });
  }

  /** Answers the next posts for this request id (`*` = any) with these, in order. */
  onPost(requestId: string, ...answers: Answer[]): void {
    this.#postScript.set(requestId, [...(this.#postScript.get(requestId) ?? []), ...answers]);
  }

  get polls(): RecordedRequest[] {
    return this.requests.filter((request) => request.path === `${this.#root}/poll`);
  }

  /** Polls that have no answer yet. */
  get waitingPolls(): number {
    return this.#waiting.length;
  }

  postsFor(requestId: string): RecordedPost[] {
    return this.posts.filter((post) => post.requestId === requestId);
  }

  terminalFor(requestId: string): RecordedPost[] {
    return this.postsFor(requestId).filter((post) => post.type !== 'jsonrpc_notify');
  }

  notificationsFor(requestId: string): RecordedPost[] {
    return this.postsFor(requestId).filter((post) => post.type === 'jsonrpc_notify');
  }

  /** The n-th (from 0) terminal post for a command: 1 is its first retry. */
  async responseFor(requestId: string, n = 0, ms?: number): Promise<RecordedPost> {
    return this.until(`response ${n} for ${requestId}`, () => this.terminalFor(requestId)[n], ms);
  }

  async notificationFor(requestId: string, n = 0, ms?: number): Promise<RecordedPost> {
    return this.until(`notification ${n} for ${requestId}`, () => this.notificationsFor(requestId)[n], ms);
  }

  /** The n-th (from 0) poll since the start. */
  async poll(n: number, ms?: number): Promise<RecordedRequest> {
    return this.until(`poll ${n}`, () => this.polls[n], ms);
  }
}
