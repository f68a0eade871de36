import { useCallback, useEffect, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { CallResult } from '../../shared/ipc.ts';
import type { CheckedText, Problem, ProfileDocument, SaveResult } from '../../shared/profile-editor.ts';
import type { Profile } from '../../shared/profile.ts';
import { call, run } from '../api.ts';

const settleMs = 200;

/** Texts that were left unsaved, so that looking at another page loses nothing. */
const unsaved = new Map<string, { readonly text: string; readonly revision: string }>();

export interface Editor {
  readonly document: ProfileDocument | undefined;
  readonly error: TunnelErrorData | undefined;
  readonly text: string;
  /** What the text says, or said before it had mistakes. */
  readonly profile: Profile | undefined;
  readonly problems: readonly Problem[];
  readonly isBroken: boolean;
  /** The text cannot be read, so the form shows what it said before. */
  readonly isUnreadable: boolean;
  readonly isDirty: boolean;
  readonly setText: (text: string) => void;
  readonly setProfile: (profile: Profile) => void;
  /** Adds servers of other apps as channels; `undefined` when that failed, which was said. */
  readonly addServers: (candidates: string[]) => Promise<CallResult<'profiles.addServers'>['added'] | undefined>;
  readonly save: () => Promise<SaveResult | TunnelErrorData>;
  /** Takes the file as it is now; what was typed is gone. */
  readonly reload: () => Promise<void>;
  /** Asks again which secrets are there; what was typed stays. */
  readonly refreshSecrets: () => Promise<void>;
}

/** Form and text of one profile: whichever was touched last speaks, the other follows when the typing pauses. */
export function useEditor(id: string): Editor {
  const [document, setDocument] = useState<ProfileDocument>();
  const [error, setError] = useState<TunnelErrorData>();
  const [text, putText] = useState('');
  const [profile, putProfile] = useState<Profile>();
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [isUnreadable, setUnreadable] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What is to be done when the typing pauses, and what was begun of it. */
  const due = useRef<() => Promise<void>>(undefined);
  const running = useRef(Promise.resolve());
  const turn = useRef(0);
  const latest = useRef('');

  const takeText = useCallback((next: string): void => {
    latest.current = next;
    putText(next);
  }, []);

  const check = useCallback(
    async (next: string): Promise<void> => {
      const mine = ++turn.current;
      const reply = await call('profiles.check', { id, text: next });
      if (mine !== turn.current || !reply.ok) return;
      setProblems(reply.value.problems);
      setUnreadable(!reply.value.profile);
      if (reply.value.profile) putProfile(reply.value.profile);
    },
    [id],
  );

  const load = useCallback(
    async (keepText: boolean): Promise<void> => {
      const reply = await call('profiles.get', { id });
      if (!reply.ok) {
        setError(reply.error);
        return;
      }
      const now = reply.value;
      if (keepText) {
        // text and revision stay those that were read: another program's change is a conflict to be told on save
        setDocument((before) => ({ ...(before ?? now), secrets: now.secrets, unsavedSecrets: now.unsavedSecrets }));
        return;
      }
      setDocument(now);
      setProblems(reply.value.problems);
      putProfile(reply.value.profile);
      setUnreadable(!reply.value.profile);
      takeText(reply.value.text);
      const left = unsaved.get(id);
      if (left?.revision === reply.value.revision) {
        takeText(left.text);
        await check(left.text);
      }
    },
    [id, check, takeText],
  );

  useEffect(() => {
    const first = setTimeout(() => void load(false));
    return () => {
      clearTimeout(first);
      clearTimeout(timer.current);
    };
  }, [load]);

  useEffect(() => {
    if (!document) return;
    if (text === document.text) unsaved.delete(id);
    else unsaved.set(id, { text, revision: document.revision });
  }, [id, text, document]);

  /** Resolves when form and text say the same. */
  const settle = (): Promise<void> => {
    clearTimeout(timer.current);
    const work = due.current;
    due.current = undefined;
    if (work) running.current = running.current.then(work);
    return running.current;
  };

  const later = (work: () => Promise<void>): void => {
    clearTimeout(timer.current);
    due.current = work;
    timer.current = setTimeout(() => void settle(), settleMs);
  };

  const setText = (next: string): void => {
    takeText(next);
    later(() => check(next));
  };

  const setProfile = (next: Profile): void => {
    putProfile(next);
    later(async () => {
      const mine = ++turn.current;
      const reply = await call('profiles.render', { id, text: latest.current, profile: next });
      if (mine !== turn.current || !reply.ok) return;
      const checked: CheckedText = reply.value;
      takeText(checked.text);
      setProblems(checked.problems);
    });
  };

  const addServers: Editor['addServers'] = async (candidates) => {
    await settle();
    const result = await run('profiles.addServers', { id, text: latest.current, candidates });
    if (!result) return undefined;
    turn.current++;
    takeText(result.text);
    setProblems(result.problems);
    if (result.profile) putProfile(result.profile);
    return result.added;
  };

  const save = async (): Promise<SaveResult | TunnelErrorData> => {
    await settle();
    const reply = await call('profiles.save', { id, text: latest.current, revision: document?.revision ?? '' });
    if (!reply.ok) return reply.error;
    unsaved.delete(id);
    await load(false);
    return reply.value;
  };

  const reload = async (): Promise<void> => {
    clearTimeout(timer.current);
    due.current = undefined;
    unsaved.delete(id);
    await run('profiles.discard', { id });
    await load(false);
  };

  return {
    document,
    error,
    text,
    profile,
    problems,
    isBroken: problems.some(({ severity }) => severity === 'error'),
    isUnreadable,
    isDirty: document !== undefined && (text !== document.text || Object.keys(document.unsavedSecrets).length > 0),
    setText,
    setProfile,
    addServers,
    save,
    reload,
    refreshSecrets: () => load(true),
  };
}
