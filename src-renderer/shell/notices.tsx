import { useEffect, useSyncExternalStore } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';
import { onFailure } from '../api.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Prose } from '../ui/prose.tsx';
import { Note, type Tone } from '../ui/tone.tsx';

export interface Notice {
  readonly id: number;
  readonly tone: Tone;
  readonly title: string;
  readonly more?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number): void => set(notices.filter((notice) => notice.id !== id));

/** Says something at the foot of the window: for a while, or until dismissed when it is a failure. */
export function notify(notice: Omit<Notice, 'id'>): void {
  const id = ++lastId;
  set([...notices.slice(-3), { ...notice, id }]);
  if (notice.tone !== 'fault') setTimeout(() => dismiss(id), notice.action ? 12_000 : 4_000);
}

export function notifyFailure(error: TunnelErrorData): void {
  const { title, cause, next } = describe(error);
  notify({ tone: 'fault', title: `${title}.`, more: `${cause} ${next}` });
}

onFailure(notifyFailure);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const last = notices.at(-1);
      if (event.key === 'Escape' && last && !event.defaultPrevented) dismiss(last.id);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <section className="notices" aria-label={t.notices} aria-live="polite">
      {shown.map(({ id, tone, title, more, action }) => (
        <div key={id} className="notice">
          <Note
            tone={tone}
            title={title}
            actions={
              <>
                {action && (
                  <Button
                    onPress={() => {
                      action.run();
                      dismiss(id);
                    }}
                  >
                    {action.label}
                  </Button>
                )}
                <IconButton icon="close" label={t.dismiss} onPress={() => dismiss(id)} />
              </>
            }
          >
            {more !== undefined && <Prose text={more} />}
          </Note>
        </div>
      ))}
    </section>
  );
}
