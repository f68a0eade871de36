import { useEffect, useState } from 'react';
import { lookOf } from '../overview/look.ts';
import { getState, onState } from '../store.ts';
import { t } from '../strings.ts';

/** Says aloud when a tunnel's state changes, for those who do not see the badge. */
export function Announcer() {
  const [words, setWords] = useState('');
  useEffect(() => {
    const before = new Map<string, string>();
    const look = (): void => {
      const changes: string[] = [];
      for (const view of getState().app?.tunnels ?? []) {
        const { word, key } = lookOf(view);
        // Busy comes and goes with every call: that would never be silent.
        const heard = key === 'busy' ? t.overview.states.connected : word;
        const known = before.get(view.id);
        if (known !== undefined && known !== heard) changes.push(t.becomes(view.snapshot.name, heard));
        before.set(view.id, heard);
      }
      if (changes.length > 0) setWords(changes.join('. '));
    };
    look();
    return onState(look);
  }, []);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {words}
    </div>
  );
}
