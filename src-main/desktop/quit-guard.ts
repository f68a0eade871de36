import { app, dialog } from 'electron';
import { isKeychainStuck } from '../secrets/keychain.ts';

export interface QuitOptions {
  /** Calls that would be cut off. */
  readonly callsInFlight: () => number;
  /** Stops everything; resolves when the last child has ended. */
  readonly drain: () => Promise<void>;
}

/** The session may be ending: then nobody can answer a question, and the system waits for seconds only. */
const sessionEndMs = 3_000;

/**
 * Quitting asks only when calls are in flight, and drains. The end of the desktop session, SIGTERM and SIGINT drain
 * without asking, within three seconds.
 */
export class QuitGuard {
  readonly #options: QuitOptions;
  #state: 'running' | 'draining' | 'drained' = 'running';
  /** One question at a time, however often it is told to quit. */
  #asking = false;

  constructor(options: QuitOptions) {
    this.#options = options;
    app.on('before-quit', (event) => {
      if (this.#state === 'drained') return;
      event.preventDefault();
      void this.quit();
    });
    // a keyring that waits for its password holds a thread, and with it the end of the process
    app.on('quit', () => {
      if (isKeychainStuck()) process.kill(process.pid, 'SIGKILL');
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void this.end());
  }

  get isQuitting(): boolean {
    return this.#state !== 'running';
  }

  /** A person wants to quit. */
  async quit(): Promise<void> {
    if (this.#state !== 'running' || this.#asking) return;
    const calls = this.#options.callsInFlight();
    if (calls > 0) {
      this.#asking = true;
      const { response } = await dialog.showMessageBox({
        type: 'question',
        title: 'Quit Culvert?',
        buttons: [calls === 1 ? 'Finish it, then quit' : 'Finish them, then quit', 'Keep running'],
        defaultId: 0,
        cancelId: 1,
        message: `${calls === 1 ? 'A call is' : `${calls} calls are`} in flight`,
        detail: `Culvert takes no new calls, waits a few seconds for ${calls === 1 ? 'it' : 'them'} to finish, and quits.`,
      });
      this.#asking = false;
      if (response === 1) return;
    }
    await this.#drain(undefined);
  }

  /** The session or the process is being ended. */
  end(): Promise<void> {
    return this.#drain(sessionEndMs);
  }

  async #drain(limitMs: number | undefined): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    const drained = this.#options.drain().catch(() => undefined);
    const limit = limitMs === undefined ? undefined : new Promise((resolve) => setTimeout(resolve, limitMs));
    await (limit ? Promise.race([drained, limit]) : drained);
    this.#state = 'drained';
    app.quit();
  }
}
