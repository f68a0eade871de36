import { useCallback, useEffect, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Evidence, ProbeResult } from '../../shared/evidence.ts';
import type { DraftWait } from '../../shared/managed-tunnel.ts';
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
  /** It waits for what time may change. */
  readonly wait: DraftWait | undefined;
  /** With patience a refusal that time may end is waited out. True when everything succeeded and nobody has begun anew. */
  readonly start: (id: string, patience?: DraftWait['why']) => Promise<boolean>;
  /** Ends a wait, with the last refusal as what came of it. */
  readonly stop: () => void;
  /** What was proved no longer counts; what runs is ended. */
  readonly clear: () => void;
}

const none: readonly Evidence[] = [];

/** Runs probes of a draft one after the other and shows each step as it is proved. */
export function useProbe(names: readonly ProbeName[]): Probe {
  const [running, setRunning] = useState(false);
  const [evidence, setEvidence] = useState<readonly Evidence[]>(none);
  const [error, setError] = useState<TunnelErrorData>();
  const [proved, setProved] = useState(false);
  const [wait, setWait] = useState<DraftWait>();
  const latest = useRef(0);
  /** The draft whose probe runs. */
  const probed = useRef<string>(undefined);
  const order = names.join();

  const start = useCallback(
    async (id: string, patience?: DraftWait['why']): Promise<boolean> => {
      const mine = ++latest.current;
      const isLatest = (): boolean => mine === latest.current;
      setRunning(true);
      setEvidence(none);
      setError(undefined);
      setProved(false);
      setWait(undefined);
      probed.current = id;
      let before: readonly Evidence[] = none;
      let good = true;
      const offs = [
        on('draft.evidence', (event) => {
          if (event.id === id && event.probe !== 'server' && isLatest())
            setEvidence((shown) => [...shown, event.evidence]);
        }),
        on('draft.waiting', (event) => {
          if (event.id === id && isLatest()) setWait(event.wait);
        }),
      ];
      for (const name of order.split(',') as ProbeName[]) {
        const reply = await call(callsOf[name], { id, ...(patience ? { patience } : {}) });
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
      for (const off of offs) off();
      if (!isLatest()) return false;
      probed.current = undefined;
      setProved(good);
      setRunning(false);
      setWait(undefined);
      return good;
    },
    [order],
  );

  const stop = useCallback((): void => {
    if (probed.current !== undefined) void call('drafts.cancelProbe', { id: probed.current });
  }, []);

  const clear = useCallback((): void => {
    stop();
    probed.current = undefined;
    latest.current++;
    setWait(undefined);
    setRunning(false);
    setEvidence(none);
    setError(undefined);
    setProved(false);
  }, [stop]);

  // a wait may take half an hour: nobody would see the end of it
  useEffect(() => stop, [stop]);
  return { running, evidence, error, proved, wait, start, stop, clear };
}
