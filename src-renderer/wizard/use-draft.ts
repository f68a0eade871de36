import { useCallback, useEffect, useRef, useState } from 'react';
import type { Draft, DraftPatch } from '../../shared/draft.ts';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { call, run } from '../api.ts';

const settleMs = 250;

export interface DraftHandle {
  readonly draft: Draft | undefined;
  readonly error: TunnelErrorData | undefined;
  /** Shown at once, sent when the typing pauses. */
  readonly update: (patch: DraftPatch) => void;
  /** Resolves when main has everything that was typed. */
  readonly flush: () => Promise<void>;
  /** Adds servers that were found; `undefined` when that failed, which was said. */
  readonly add: (candidates: string[]) => Promise<Draft | undefined>;
  readonly restart: () => Promise<void>;
  /** Main knows more than was typed: a key was handed over. */
  readonly reload: () => Promise<void>;
  /** Grows whenever main has a new version of the draft. */
  readonly version: number;
}

/** A draft lives in main; this is the page's copy of it. */
export function useDraft(id: string | undefined, onCreated: (id: string) => void): DraftHandle {
  const [draft, setDraft] = useState<Draft>();
  const [error, setError] = useState<TunnelErrorData>();
  const [version, setVersion] = useState(0);
  const pending = useRef<DraftPatch>({});
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const current = useRef<string>(undefined);

  const take = useCallback((next: Draft): void => {
    current.current = next.id;
    setDraft({ ...next, ...pending.current } as Draft);
    setVersion((n) => n + 1);
  }, []);

  const create = useCallback(async (): Promise<void> => {
    const reply = await call('drafts.create', {});
    if (!reply.ok) {
      setError(reply.error);
      return;
    }
    pending.current = {};
    take(reply.value);
    onCreated(reply.value.id);
  }, [onCreated, take]);

  useEffect(() => {
    if (id !== undefined && id === current.current) return;
    void (async () => {
      if (id === undefined) return create();
      const reply = await call('drafts.get', { id });
      if (reply.ok) take(reply.value);
      else await create();
    })();
  }, [id, create, take]);

  const flush = useCallback(async (): Promise<void> => {
    clearTimeout(timer.current);
    const patch = pending.current;
    if (current.current === undefined || Object.keys(patch).length === 0) return;
    pending.current = {};
    const next = await run('drafts.update', { id: current.current, patch });
    if (next) take(next);
  }, [take]);

  const update = useCallback(
    (patch: DraftPatch): void => {
      pending.current = { ...pending.current, ...patch };
      setDraft((before) => (before ? ({ ...before, ...patch } as Draft) : before));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void flush(), settleMs);
    },
    [flush],
  );

  const add = useCallback(
    async (candidates: string[]): Promise<Draft | undefined> => {
      if (current.current === undefined) return undefined;
      const next = await run('drafts.add', { id: current.current, candidates });
      if (next) take(next);
      return next;
    },
    [take],
  );

  const reload = useCallback(async (): Promise<void> => {
    if (current.current === undefined) return;
    const next = await run('drafts.get', { id: current.current });
    if (next) take(next);
  }, [take]);

  useEffect(() => () => clearTimeout(timer.current), []);
  return { draft, error, update, flush, add, restart: create, reload, version };
}
