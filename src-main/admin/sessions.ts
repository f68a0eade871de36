import { createHash, randomBytes } from 'node:crypto';

/** Browser sessions of this process: a token that works once is exchanged for a cookie. Only hashes are kept. */
export interface Sessions {
  /** A new one-time token, good for ten minutes. */
  issue(): string;
  /** The `Set-Cookie` value for a token that was issued and not yet used; undefined otherwise. */
  exchange(token: string): string | undefined;
  /** Whether a request's Cookie header holds a live session. */
  has(cookie: string | undefined): boolean;
  /** Ends every session and every unused token. */
  revoke(): void;
}

const tokenLifeMs = 600_000;
const most = 64;

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
const fresh = (): string => randomBytes(32).toString('base64url');

/** @param now - wall-clock milliseconds */
export function createSessions(now: () => number = Date.now): Sessions {
  // Cookies ignore ports: instances side by side on one host need names of their own.
  const name = `culvert-${randomBytes(6).toString('hex')}`;
  const tokens = new Map<string, number>();
  const sessions = new Set<string>();
  const trim = (items: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean }) => {
    while (items.size >= most) {
      const oldest = items.keys().next();
      if (oldest.done === true) return;
      items.delete(oldest.value);
    }
  };

  return {
    issue() {
      const token = fresh();
      trim(tokens);
      tokens.set(hash(token), now() + tokenLifeMs);
      return token;
    },
    exchange(token) {
      const key = hash(token);
      const expires = tokens.get(key);
      if (expires === undefined) return undefined;
      tokens.delete(key);
      if (expires < now()) return undefined;
      const session = fresh();
      trim(sessions);
      sessions.add(hash(session));
      return `${name}=${session}; Path=/ui; HttpOnly; SameSite=Strict`;
    },
    has(cookie) {
      for (const part of (cookie ?? '').split(';')) {
        const [key, value] = part.trim().split('=');
        if (key === name && value !== undefined && sessions.has(hash(value))) return true;
      }
      return false;
    },
    revoke() {
      tokens.clear();
      sessions.clear();
    },
  };
}
