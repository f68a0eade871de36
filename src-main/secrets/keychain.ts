import { createRequire } from 'node:module';
import { TunnelError } from '../../shared/errors.ts';
import { keychainService, type SecretStore } from './secret-store.ts';

/** What Culvert uses of keytar. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const hints: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    'Install and unlock a Secret Service keyring (GNOME Keyring or KWallet, with libsecret), or use an env: or file: reference.',
  darwin: 'Unlock the login keychain and allow Culvert to use it, or use an env: or file: reference.',
  win32: 'Sign in with a user profile that has a Credential Manager, or use an env: or file: reference.',
};

const unavailable = (detail: string, cause?: unknown): TunnelError =>
  new TunnelError(
    'keychain_unavailable',
    'local',
    { detail, hint: hints[process.platform] ?? 'Use an env: or file: reference.' },
    { cause },
  );

const unanswered = new Set<Promise<unknown>>();

/** Whether a request still blocks its thread: with one, Node ends neither by itself nor by `process.exit`. */
export const isKeychainStuck = (): boolean => unanswered.size > 0;

const loadKeytar = (): Keytar => createRequire(import.meta.url)('keytar') as Keytar;

/**
 * The OS keychain through keytar, which is loaded on first use. One operation at a time, each with a time limit: a
 * locked or missing keyring blocks a thread of the pool, and a second call would block another.
 */
export function createKeychain(options: { load?: () => Keytar; timeLimitMs?: number } = {}): SecretStore {
  const { load = loadKeytar, timeLimitMs = 15_000 } = options;
  let keytar: Keytar | undefined;
  let stuck = false;
  let last: Promise<unknown> = Promise.resolve();

  const once = async <T>(operation: (keytar: Keytar) => Promise<T>): Promise<T> => {
    if (stuck) throw unavailable('an earlier request to it has not come back');
    try {
      keytar ??= load();
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw unavailable(code === 'MODULE_NOT_FOUND' ? 'keytar is not installed' : 'keytar could not be loaded', cause);
    }
    const running = operation(keytar);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        stuck = true;
        unanswered.add(running);
        reject(unavailable(`no answer within ${timeLimitMs / 1000} s`));
      }, timeLimitMs);
    });
    const free = () => {
      stuck = false;
      unanswered.delete(running);
    };
    running.then(free, free);
    try {
      return await Promise.race([running, limit]);
    } catch (error) {
      if (error instanceof TunnelError) throw error;
      throw unavailable(error instanceof Error ? error.message : 'unknown', error);
    } finally {
      clearTimeout(timer);
    }
  };
  const queued = <T>(operation: (keytar: Keytar) => Promise<T>): Promise<T> => {
    const next = last.then(() => once(operation));
    last = next.catch(() => undefined);
    return next;
  };

  return {
    get: async (account) => (await queued((k) => k.getPassword(keychainService, account))) ?? undefined,
    set: (account, value) => queued((k) => k.setPassword(keychainService, account, value)),
    delete: (account) => queued((k) => k.deletePassword(keychainService, account)),
  };
}
