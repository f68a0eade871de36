import { useCallback, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Evidence, ProbeResult } from '../../shared/evidence.ts';
import { call, on } from '../api.ts';

export type ProbeName = 'control-plane' | 'key';

const callsOf = {
  'control-plane': 'drafts.probeControlPlane',
  key: 'drafts.probeKey',
} as const;

export interface Probe {
  readonly running: boolean;
  readonly evidence: readonly Evidence[];
  /** The probe itself could not be made. */
  readonly error: TunnelErrorData | undefined;
  /** Everything that was tried succeeded. */
  readonly proved: boolean;
  readonly start: (id: string) => Promise<void>;
  readonly clear: () => void;
}

const none: readonly Evidence[] = [];

/** Runs probes of a draft one after the other and shows each step as it is proved. */
export function useProbe(names: readonly ProbeName[]): Probe {
  const [running, setRunning] = useState(false);
  const [evidence, setEvidence] = useState<readonly Evidence[]>(none);
  const [error, setError] = useState<TunnelErrorData>();
  const [proved, setProved] = useState(false);
  const latest = useRef(0);
  const order = names.join();

  const start = useCallback(
    async (id: string): Promise<void> => {
      const mine = ++latest.current;
      const isLatest = (): boolean => mine === latest.current;
      setRunning(true);
      setEvidence(none);
      setError(undefined);
      setProved(false);
      let before: readonly Evidence[] = none;
      let good = true;
      const off = on('draft.evidence', (event) => {
        if (event.id === id && isLatest()) setEvidence((shown) => [...shown, event.evidence]);
      });
      for (const name of order.split(',') as ProbeName[]) {
        const reply = await call(callsOf[name], { id });
        if (!isLatest()) break;
        if (!reply.ok) {
          setError(reply.error);
          good = false;
          break;
        }
        // The result is the whole truth: an event may have been missed.
        const result: ProbeResult = reply.value;
        before = [...before, ...result.evidence];
        setEvidence(before);
        good = result.evidence.every(({ outcome }) => outcome !== 'fail') && result.evidence.length > 0;
        if (!good) break;
      }
      off();
      if (!isLatest()) return;
      setProved(good);
      setRunning(false);
    },
    [order],
  );

  const clear = useCallback((): void => {
    latest.current++;
    setRunning(false);
    setEvidence(none);
    setError(undefined);
    setProved(false);
  }, []);

  return { running, evidence, error, proved, start, clear };
}
