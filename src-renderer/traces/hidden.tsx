import { useState } from 'react';
import type { HiddenPlace } from '../../shared/trace-view.ts';
import { run } from '../api.ts';
import { t } from '../strings.ts';

const words = t.traces.body;

interface Props {
  readonly traceId: number;
  readonly place: HiddenPlace;
  readonly name: string;
}

/** A masked value. Revealing it is asked for one value at a time and forgotten when it leaves the screen. */
export function Hidden({ traceId, place, name }: Props) {
  const [value, setValue] = useState<string>();
  if (value !== undefined) return <span className="revealed">{value}</span>;
  const reveal = async (): Promise<void> => {
    setValue((await run('traces.reveal', { id: traceId, place }))?.value);
  };
  return (
    <button type="button" className="hidden-value" aria-label={words.revealSay(name)} onClick={() => void reveal()}>
      {words.hidden} · {words.reveal}
    </button>
  );
}
