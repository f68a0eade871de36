/** What an MCP server's `connect` wants: one end of a connection that carries parsed JSON-RPC messages. */
export interface MessageTransport {
  onmessage?: ((message: never, extra?: never) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  start(): Promise<void>;
  send(message: never, options?: never): Promise<void>;
  close(): Promise<void>;
}

/** A server object of the official SDKs: anything with `connect`. */
export interface ConnectableServer {
  connect(transport: MessageTransport): Promise<void>;
  close?(): Promise<void>;
}

/** Serves one HTTP request, as `createMcpHandler(…).fetch` of the official SDK does. */
export type FetchHandler = (request: Request) => Promise<Response> | Response;

/** The private MCP server behind a tunnel. */
export type ServerOption =
  /** Streamable HTTP. */
  | { readonly url: string | URL; readonly headers?: Readonly<Record<string, string>> }
  /** A program on stdio, which is started, watched and ended with the tunnel. Never run by a shell. */
  | {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  /** A function that serves requests in this process, or an object that has it as `fetch`. */
  | FetchHandler
  | { fetch: FetchHandler }
  /** A server object in this process. It serves one session, which all callers share. */
  | ConnectableServer;

export interface TunnelOptions {
  /** `tunnel_` and 32 of a–z and 0–9. */
  readonly tunnelId: string;
  /** The runtime key. */
  readonly apiKey: string;
  readonly server: ServerOption;
  /** Default `https://api.openai.com`. */
  readonly controlPlaneUrl?: string | URL;
  readonly organizationId?: string;
  /** A proxy for the control plane; the environment's variables are not read. */
  readonly proxy?: string;
  /** PEM file with authorities that are trusted besides the system's. */
  readonly caBundle?: string;
  /** Calls that the server works on at a time. Default 10. */
  readonly maxConcurrentCalls?: number;
  /** Hears what an operator would want to know. Default: nothing is written. */
  readonly log?: (entry: LogEntry) => void;
}

export interface LogEntry {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly time: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** *degraded*: polls succeed, the server cannot take calls. *waiting*: no poll succeeds. *unauthorised*: the key or the id is refused. */
export type TunnelStateName =
  'stopped' | 'starting' | 'connected' | 'degraded' | 'waiting' | 'unauthorised' | 'stopping';

export interface TunnelState {
  readonly name: TunnelStateName;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What is wrong, as a code of the catalogue and in a sentence. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** One call that is over. */
export interface CallSummary {
  readonly method: string;
  /** Tool, prompt or resource. */
  readonly target?: string;
  /** `ok`, `error`, `tool_error`, `refused`, `failed`, `cancelled`, `expired` or `undelivered`. */
  readonly status: string;
  /** From its arrival to the end of its answer, in milliseconds. */
  readonly ms: number;
}

export interface TunnelEvents {
  state: TunnelState;
  call: CallSummary;
}

/** A tunnel that was opened. Several of them may be in one process. */
export interface OpenTunnel {
  readonly state: TunnelState;
  /** Calls that came and have no answer yet. */
  readonly inFlight: number;
  /** Resolves when a poll was answered and the server can take calls; rejects when the tunnel is closed first. */
  ready(): Promise<void>;
  on<E extends keyof TunnelEvents>(event: E, listener: (value: TunnelEvents[E]) => void): () => void;
  /** Takes no new calls, lets those in flight end within `graceMs` (7,000), and ends what was started. */
  close(graceMs?: number): Promise<void>;
}
