import { useState } from 'react';
import type { TunnelView } from '../../shared/app.ts';
import { quoteFilter } from '../../shared/trace-filter.ts';
import { ago } from '../format.ts';
import { useNow } from '../now.ts';
import { go } from '../route.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Note } from '../ui/tone.tsx';

const words = t.wizard.connect;
const patienceMs = 120_000;

/** Waits for the first real command, and after two minutes says what to check. */
export function FirstCall({ view }: { readonly view: TunnelView | undefined }) {
  const now = useNow();
  const [since] = useState(now);
  const at = view?.snapshot.lastCommandAt;
  if (view && at !== undefined) {
    const query = `tunnel:${quoteFilter(view.snapshot.name)}`;
    return (
      <div role="status">
        <Note
          tone="ok"
          title={words.arrived(ago(at, now))}
          actions={<Button onPress={() => go('traces', query)}>{words.showCall}</Button>}
        >
          {view.caller ? words.arrivedMore(view.caller.name) : words.arrivedNobody}
        </Note>
      </div>
    );
  }
  const late = now - since > patienceMs;
  return (
    <div role="status" className="first-call">
      <Note tone="busy" title={words.waiting}>
        {late ? undefined : words.waitingMore}
      </Note>
      {late && (
        <div className="checks">
          <b>{words.nothingYet}</b>
          <ul>
            {words.checks.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
