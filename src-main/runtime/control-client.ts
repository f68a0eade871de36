import { randomUUID } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { TunnelError } from '../../shared/errors.ts';
import { tunnelErrorSchema } from '../../shared/error-schema.ts';
import {
  calls,
  events,
  type CallArgs,
  type CallName,
  type CallResult,
  type EventName,
  type EventPayload,
} from '../../shared/ipc.ts';
import { uiApiPath, uiClientHeader, uiEventsPath } from '../../shared/ui-transport.ts';
import { createSseReader } from '../json/sse.ts';
import type { RuntimeRecord } from './runtime-record.ts';

/** An answer that needs no waiting is there by then. */
const answerLimitMs = 5_000;
const maxEventBytes = 16 * 1024 * 1024;

export type EventListeners = { readonly [N in EventName]?: (payload: EventPayload<N>) => void };

export interface EventStream {
  /** Resolves when the other process went away. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Another Culvert process of this account, over the contract of `shared/ipc.ts`, as its own pages use it. */
export class ControlClient {
  readonly #record: RuntimeRecord;
  readonly #id = randomUUID();

  constructor(record: RuntimeRecord) {
    this.#record = record;
  }

  /**
   * One call. `patient`: it may take as long as it needs. Rejects with what the other process says is wrong, or with
   * `process_unreachable`.
   */
  async call<N extends CallName>(name: N, args: CallArgs<N>, patient = false): Promise<CallResult<N>> {
    const body = args === undefined ? '' : JSON.stringify(args);
    const response = await this.#open('POST', `${uiApiPath}/${name}`, body, patient ? 0 : answerLimitMs);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    const reply = JSON.parse(text) as { ok: boolean; value?: unknown; error?: unknown };
    if (reply.ok) return calls[name].result.parse(reply.value) as CallResult<N>;
    const { code, leg, params } = tunnelErrorSchema.parse(reply.error);
    throw new TunnelError(code, leg, params);
  }

  /** Events from now on, for the subscriptions that this client's calls make. */
  async events(listeners: EventListeners): Promise<EventStream> {
    const response = await this.#open('GET', `${uiEventsPath}?client=${this.#id}`, '', answerLimitMs);
    response.setTimeout(0);
    const reader = createSseReader(maxEventBytes, ({ event, data }) => {
      const name = event as EventName;
      const listener = listeners[name] as ((payload: unknown) => void) | undefined;
      listener?.(events[name].parse(JSON.parse(data.toString('utf8'))));
    });
    const ended = new Promise<void>((resolve) => {
      response.on('data', (chunk: Buffer) => reader.push(chunk));
      response.on('error', () => undefined);
      response.on('close', () => resolve());
    });
    return { ended, close: () => void response.destroy() };
  }

  async #open(method: 'GET' | 'POST', path: string, body: string, limitMs: number): Promise<IncomingMessage> {
    const { address = '', token = '', pid } = this.#record;
    const unreachable = (detail: string, cause?: unknown): TunnelError =>
      new TunnelError('process_unreachable', 'local', { pid, address, detail }, { cause });
    const socketPath = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(new URL(path, socketPath === undefined ? address : 'http://localhost'), {
        method,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          [uiClientHeader]: this.#id,
          ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
        ...(socketPath === undefined ? {} : { socketPath }),
      });
      sent.setTimeout(limitMs, () => sent.destroy(unreachable(`no answer within ${limitMs / 1_000} s`)));
      sent.on('response', resolve);
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(error instanceof TunnelError ? error : unreachable(error.code ?? error.message, error)),
      );
      sent.end(body);
    });
    if (response.statusCode === 200) return response;
    response.resume();
    throw unreachable(`it answered with status ${response.statusCode ?? 0}`);
  }
}
