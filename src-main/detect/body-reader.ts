import { Worker } from 'node:worker_threads';
import { TunnelError } from '../../shared/errors.ts';
import { answer, type BodyAnswer, type BodyAnswers, type BodyJob } from './body-jobs.ts';
import source from './body-worker.ts?worker-source';
import type { MaskedText } from './masking.ts';

/** Smaller bodies are read at once: it takes about a millisecond, and less than handing them over. */
export const readAtOnce = 32 * 1024;

/** A body that takes longer, in milliseconds, is given up: no body that fits the capture limit does. */
const longestJobMs = 20_000;

/** The thread ends when it had nothing to do for so long, in milliseconds. */
const idleMs = 30_000;

interface Pending {
  readonly resolve: (answer: BodyAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Masks, reveals and searches bodies. Large ones are read in a thread of their own, one after the other, so that the
 * engine's thread goes on with calls whatever a body holds. Rejects with `TunnelError` `timed_out` and `internal`.
 */
export class BodyReader {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;
  #nextId = 1;
  readonly #pending = new Map<number, Pending>();

  mask(bytes: Buffer): Promise<MaskedText> {
    return this.#do({ kind: 'mask', bytes });
  }

  /** The JSON text of one hidden value; undefined when nothing is hidden at `pointer`. */
  reveal(bytes: Buffer, pointer: string): Promise<string | undefined> {
    return this.#do({ kind: 'reveal', bytes, pointer });
  }

  /** Which of `texts`, in lower case, the masked body contains. */
  search(bytes: Buffer, texts: readonly string[]): Promise<readonly boolean[]> {
    return this.#do({ kind: 'search', bytes, texts });
  }

  #do<Kind extends BodyJob['kind']>(job: Extract<BodyJob, { kind: Kind }>): Promise<BodyAnswers[Kind]> {
    if (job.bytes.length <= readAtOnce) return Promise.resolve(answer(job) as BodyAnswers[Kind]);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      clearTimeout(this.#idle);
      this.#started().postMessage({ id, job: { ...job, bytes: Uint8Array.from(job.bytes) } });
      this.#watch();
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(source, { eval: true, execArgv: [], env: {} });
    this.#worker = worker;
    worker.unref();
    worker.on('message', ({ id, answer: answered }: { readonly id: number; readonly answer: BodyAnswer }) => {
      this.#pending.get(id)?.resolve(answered);
      this.#pending.delete(id);
      this.#watch();
    });
    worker.on('error', (cause) => this.#failed(worker, new TunnelError('internal', 'local', {}, { cause })));
    worker.on('exit', () => this.#failed(worker, new TunnelError('internal', 'local')));
    return worker;
  }

  /** A time limit for the job at work; with none, the thread ends after a while. */
  #watch(): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (!worker) return;
    if (this.#pending.size > 0) {
      worker.ref();
      this.#limit = setTimeout(
        () => this.#failed(worker, new TunnelError('timed_out', 'local', { seconds: longestJobMs / 1_000 })),
        longestJobMs,
      );
      this.#limit.unref();
    } else {
      worker.unref();
      this.#idle = setTimeout(() => this.#end(worker), idleMs);
      this.#idle.unref();
    }
  }

  #failed(worker: Worker, error: TunnelError): void {
    if (this.#worker !== worker) return;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#end(worker);
    for (const { reject } of pending) reject(error);
  }

  #end(worker: Worker): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#idle);
    this.#worker = undefined;
    void worker.terminate();
  }
}
