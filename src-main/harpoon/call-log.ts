import type { Answered, PlannedRequest } from './caller.ts';
import type { Refusal } from './refusal.ts';

/** What the last calls were, in the reference client's shape (`/api/harpoon/calls`). Bodies only where capture is on. */
export interface CallEntry {
  readonly timestamp: string;
  readonly label: string;
  readonly method: string;
  readonly status: number;
  readonly latency_ms: number;
  readonly req_bytes: number;
  readonly resp_bytes: number;
  readonly response_content_type?: string;
  readonly error?: string;
  readonly request_body?: string;
  readonly response_body?: string;
}

export interface CallRecord {
  answered(request: PlannedRequest, answer: Answered, shown: Buffer): void;
  refused(request: PlannedRequest | undefined, refusal: Refusal): void;
}

const mostEntries = 200;
const mostBodyBytes = 4_096;

/** The last calls, oldest first, for people who run the tunnel. */
export class CallLog {
  readonly #capture: boolean;
  readonly #now: () => number;
  #entries: CallEntry[] = [];
  #total = 0;

  /** @param capture - keep the beginning of bodies as well; never those of templates */
  constructor(capture: boolean, now: () => number = Date.now) {
    this.#capture = capture;
    this.#now = now;
  }

  get entries(): readonly CallEntry[] {
    return this.#entries;
  }

  get total(): number {
    return this.#total;
  }

  begin(label: string, isPrivate: boolean): CallRecord {
    const startedAt = this.#now();
    const common = (request: PlannedRequest | undefined) => ({
      timestamp: new Date(startedAt).toISOString(),
      label: request?.label ?? label.slice(0, 64),
      method: request?.method ?? '',
      latency_ms: Math.round(this.#now() - startedAt),
      req_bytes: request?.body?.length ?? 0,
    });
    const text = (bytes: Buffer | undefined): string | undefined =>
      this.#capture && !isPrivate ? bytes?.toString('utf8', 0, mostBodyBytes) : undefined;
    return {
      answered: (request, answer, shown) => {
        const type = answer.headers.get('Content-Type')?.[0]?.split(';', 1)[0]?.trim().toLowerCase().slice(0, 256);
        const request_body = text(request.body);
        const response_body = text(shown);
        this.#add({
          ...common(request),
          status: answer.status,
          resp_bytes: answer.body.length,
          ...(type !== undefined && { response_content_type: type }),
          ...(request_body !== undefined && { request_body }),
          ...(response_body !== undefined && { response_body }),
        });
      },
      refused: (request, { reason }) => this.#add({ ...common(request), status: 0, resp_bytes: 0, error: reason }),
    };
  }

  #add(entry: CallEntry): void {
    this.#total++;
    this.#entries.push(entry);
    if (this.#entries.length > mostEntries) this.#entries.shift();
  }
}
