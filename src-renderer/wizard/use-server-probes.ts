import { useCallback, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { call, on } from '../api.ts';

/** What was proved of one server. */
export interface Proving {
  readonly running: boolean;
  readonly evidence: readonly Evidence[];
  /** The probe itself could not be made. */
  readonly error: TunnelErrorData | undefined;
  /** Everything that was tried succeeded. */
  readonly proved: boolean;
}

export interface ServerProbes {
  readonly of: (key: string) => Proving;
  /** Resolves to whether everything succeeded. */
  readonly start: (id: string, key: string) => Promise<boolean>;
  /** What was proved is no longer true. */
  readonly clear: (key: string) => void;
}

const untried: Proving = { running: false, evidence: [], error: undefined, proved: false };

/** Proofs of the servers of a draft, each for itself. */
export function useServerProbes(): ServerProbes {
  const [all, setAll] = useState<Readonly<Record<string, Proving>>>({});
  const turns = useRef(new Map<string, number>());

  const clear = useCallback((key: string): void => {
    turns.current.set(key, (turns.current.get(key) ?? 0) + 1);
    setAll((before) => ({ ...before, [key]: untried }));
  }, []);

  const start = useCallback(
    async (id: string, key: string): Promise<boolean> => {
      clear(key);
      const mine = turns.current.get(key);
      const isLatest = (): boolean => turns.current.get(key) === mine;
      const change = (next: (before: Proving) => Proving): void => {
        if (isLatest()) setAll((before) => ({ ...before, [key]: next(before[key] ?? untried) }));
      };
      change(() => ({ ...untried, running: true }));
      const off = on('draft.evidence', (event) => {
        if (event.id !== id || event.key !== key) return;
        change((before) => ({ ...before, evidence: [...before.evidence, event.evidence] }));
      });
      const reply = await call('drafts.probeServer', { id, key });
      off();
      if (!reply.ok) {
        change((before) => ({ ...before, running: false, error: reply.error }));
        return false;
      }
      // The result is the whole truth: an event may have been missed.
      const { evidence } = reply.value;
      const proved = evidence.length > 0 && evidence.every(({ outcome }) => outcome !== 'fail');
      change(() => ({ running: false, evidence, error: undefined, proved }));
      return proved && isLatest();
    },
    [clear],
  );

  return { of: (key) => all[key] ?? untried, start, clear };
}
