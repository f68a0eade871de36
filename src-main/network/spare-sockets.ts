import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** A connection opened ahead, or on its way. */
interface Spare {
  readonly ready: Promise<Socket>;
  readonly dispose: () => void;
}

/**
 * Connections opened before there is a request for them. undici opens one only for a request, so this stands between its
 * pool and the connector: the pool's next connection is a spare one while there are any.
 */
export class SpareSockets {
  readonly #connector: buildConnector.connector;
  readonly #target: buildConnector.Options;
  readonly #idleMs: number;
  readonly #spares: Spare[] = [];
  #closed = false;

  /** Spares that no one takes are closed after `idleMs`. */
  constructor(connector: buildConnector.connector, end: URL, idleMs: number) {
    this.#connector = connector;
    this.#idleMs = idleMs;
    this.#target = {
      hostname: end.hostname.replace(/^\[|\]$/g, ''),
      host: end.host,
      protocol: end.protocol,
      port: end.port,
    };
  }

  readonly connect: buildConnector.connector = (target, callback) => {
    const spare = this.#spares.shift();
    if (spare === undefined) {
      this.#connector(target, callback);
      return;
    }
    spare.ready.then(
      (socket) => (socket.destroyed ? this.#connector(target, callback) : callback(null, socket)),
      () => this.#connector(target, callback),
    );
    spare.dispose();
  };

  /** Sees to it that at least `count` spares are there or on their way. */
  warm(count: number): void {
    while (!this.#closed && this.#spares.length < count) this.#spares.push(this.#open());
  }

  close(): void {
    this.#closed = true;
    for (const spare of this.#spares.splice(0)) {
      spare.dispose();
      void spare.ready.then((socket) => socket.destroy()).catch(() => undefined);
    }
  }

  #open(): Spare {
    const drop = (): void => {
      const index = this.#spares.indexOf(spare);
      if (index !== -1) this.#spares.splice(index, 1);
    };
    let timer: NodeJS.Timeout | undefined;
    let release: (() => void) | undefined;
    let disposed = false;
    const ready = new Promise<Socket>((resolve, reject) => {
      this.#connector(this.#target, (error, socket) => {
        if (error !== null) {
          reject(error);
          return;
        }
        timer = setTimeout(() => socket.destroy(), this.#idleMs);
        timer.unref();
        socket.once('close', drop);
        const failed = (): void => void socket.destroy();
        socket.on('error', failed);
        // A server that closes a quiet connection is only seen while someone reads.
        release = () => {
          clearTimeout(timer);
          socket.off('close', drop);
          setImmediate(() => socket.off('error', failed));
        };
        if (disposed) release();
        resolve(socket);
      });
    });
    ready.catch(drop);
    const spare: Spare = {
      ready,
      dispose: () => {
        disposed = true;
        release?.();
      },
    };
    return spare;
  }
}
