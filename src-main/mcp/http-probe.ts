import { TunnelError } from '../../shared/errors.ts';
import type { HeaderList } from '../../shared/trace.ts';
import type { ChannelState, ServerInfo } from '../../shared/tunnel.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import { readMessage, type MessageSpans } from '../json/message.ts';
import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { AnswerError, type ChannelAnswer } from '../call/channel.ts';
import { headerValue } from './http-headers.ts';

/** A request of the probe's own, to be sent with the headers for discovery. */
export interface ProbeRequest {
  readonly method: 'POST' | 'DELETE';
  readonly headers: HeaderList;
  readonly body?: Buffer;
  readonly expects?: { bytes: Buffer; message: MessageSpans; onNotification(): void };
}

interface ProbeDeps {
  ask(request: ProbeRequest, cancellation: Cancellation): Promise<ChannelAnswer>;
  onOutcome(state: ChannelState): void;
}

const timeLimitMs = 5_000;
const startupRetryMs = { first: 100, most: 1_000 };
const watchRetryMs = { first: 2_000, most: 60_000 };

/** The first message of the older era: a server of the newer one refuses it, and has then answered, which is all we ask. */
const hello = Buffer.from(
  '{"jsonrpc":"2.0","id":"culvert-probe","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"culvert","version":"1"}}}',
);

/**
 * Finds out whether an HTTP server is there, at start and again while it is not. Never carries a caller's message, so
 * asking twice repeats no MCP operation.
 */
export class HttpProbe {
  readonly #clock: Clock;
  readonly #deps: ProbeDeps;
  #stopTimer: (() => void) | undefined;
  #endPause: (() => void) | undefined;
  #current: Cancellation | undefined;
  #attempt = 0;
  #stopped = false;

  constructor(clock: Clock, deps: ProbeDeps) {
    this.#clock = clock;
    this.#deps = deps;
  }

  /**
   * Asks once. With `waitMs`, asks until something listens: only a refused connection and a missing socket are waited
   * for, and the promise resolves when the server answered, failed in another way, or the time is over.
   */
  async start(waitMs: number): Promise<void> {
    if (waitMs <= 0) {
      void this.#ask();
      return;
    }
    const until = this.#clock.now() + waitMs;
    let last: TunnelError | undefined;
    for (let pause = startupRetryMs.first; ; pause = Math.min(pause * 2, startupRetryMs.most)) {
      const error = await this.#try(Math.min(timeLimitMs, until - this.#clock.now()));
      const left = until - this.#clock.now();
      if (this.#stopped || error === undefined) return;
      const isAbsent = error.code === 'connect_refused' || error.code === 'socket_missing';
      if (!isAbsent || left <= 0) {
        // A try that the end of the wait cut short says less than the one before it.
        this.watch(error.code === 'timed_out' && left <= 0 ? (last ?? error) : error);
        return;
      }
      last = error;
      await this.#pause(Math.min(pause, left));
    }
  }

  /** The server is not there: says so, and looks again later and later. */
  watch(error: TunnelError): void {
    if (this.#stopped || this.#stopTimer !== undefined || this.#current !== undefined) return;
    const pause = Math.min(watchRetryMs.first * 2 ** this.#attempt, watchRetryMs.most);
    this.#attempt += 1;
    const since = this.#clock.wall();
    this.#deps.onOutcome({ kind: 'unusable', since, error: error.toJSON(), nextTryAt: since + pause });
    this.#stopTimer = this.#clock.after(pause, () => {
      this.#stopTimer = undefined;
      void this.#ask();
    });
  }

  /** The server is there after all: nothing needs to be asked any more. */
  settle(): void {
    this.#attempt = 0;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  nudge(): void {
    this.#endPause?.();
    if (this.#stopTimer === undefined) return;
    this.#stopTimer();
    this.#stopTimer = undefined;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer?.();
    this.#endPause?.();
    this.#current?.cancel('shutdown');
  }

  /** Until the time is over, a nudge, or the end. */
  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#clock.after(ms, resolve);
      this.#endPause = () => {
        stop();
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  async #ask(): Promise<void> {
    const error = await this.#try(timeLimitMs);
    if (error !== undefined) this.watch(error);
  }

  /** Undefined when the server answered, whatever it said. */
  async #try(limitMs: number): Promise<TunnelError | undefined> {
    const cancellation = new Cancellation();
    this.#current = cancellation;
    const stop = this.#clock.after(Math.max(limitMs, 1), () => cancellation.cancel('deadline'));
    const headers: HeaderList = [['MCP-Protocol-Version', '2025-11-25']];
    try {
      const expects = { bytes: hello, message: readMessage(hello), onNotification: () => undefined };
      const answer = await this.#deps.ask({ method: 'POST', headers, body: hello, expects }, cancellation);
      this.#succeed(serverInfoOf(answer));
      const session = headerValue(answer.headers, 'mcp-session-id');
      if (session !== undefined) {
        const ending: HeaderList = [...headers, ['Mcp-Session-Id', session]];
        await this.#deps.ask({ method: 'DELETE', headers: ending }, cancellation).catch(() => undefined);
      }
      return undefined;
    } catch (error) {
      if (error instanceof AnswerError) {
        this.#succeed(undefined);
        return undefined;
      }
      if (this.#stopped) return undefined;
      if (cancellation.reason === 'deadline') {
        return new TunnelError('timed_out', 'mcp-server', { seconds: Math.round(limitMs / 100) / 10 });
      }
      return asTunnelError(error, 'mcp-server');
    } finally {
      stop();
      if (this.#current === cancellation) this.#current = undefined;
    }
  }

  #succeed(server: ServerInfo | undefined): void {
    if (this.#stopped) return;
    this.#deps.onOutcome({ kind: 'ready', since: this.#clock.wall(), ...(server && { server }) });
  }
}

function serverInfoOf({ body }: ChannelAnswer): ServerInfo | undefined {
  if (body === undefined) return undefined;
  const message = JSON.parse(body.toString()) as { result?: { protocolVersion?: unknown; serverInfo?: unknown } };
  const info = (message.result?.serverInfo ?? {}) as { name?: unknown; version?: unknown };
  const version = message.result?.protocolVersion;
  return {
    ...(typeof info.name === 'string' && { name: info.name }),
    ...(typeof info.version === 'string' && { version: info.version }),
    protocolVersions: typeof version === 'string' ? [version] : [],
  };
}
