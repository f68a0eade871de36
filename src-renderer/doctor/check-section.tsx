import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { Check } from '../../shared/doctor.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { toneIcons, type Tone } from '../ui/tone.tsx';
import { CheckRow } from './check-row.tsx';

const words = t.doctor;

interface Props {
  readonly name: string;
  readonly checks: readonly Check[];
  /** Shown open although all is well. */
  readonly open: boolean;
  /** Opening and closing of rows is remembered within one run. */
  readonly run: number;
  /** Several channels: then each of their checks says which. */
  readonly severalChannels: boolean;
}

interface Sum {
  readonly tone: Tone;
  readonly say: string;
  /** Somebody has to look. */
  readonly wanted: boolean;
}

function sumOf(checks: readonly Check[]): Sum {
  const of = (...states: Check['state'][]): readonly Check[] => checks.filter(({ state }) => states.includes(state));
  const [firstBad] = of('fail');
  const [firstDoubt] = of('warn');
  const open = of('pending', 'running').length;
  const wanted = firstBad !== undefined || firstDoubt !== undefined;
  if (open > 0)
    return { tone: firstBad ? 'fault' : 'busy', say: words.sum.running(checks.length - open, checks.length), wanted };
  if (firstBad) return { tone: 'fault', say: words.sum.bad(firstBad.title, of('fail').length), wanted };
  if (firstDoubt) return { tone: 'warn', say: words.sum.doubtful(firstDoubt.title, of('warn').length - 1), wanted };
  return { tone: 'ok', say: words.sum.well(of('pass').length, of('skip').length), wanted };
}

/** What belongs to one profile, or to the machine: its sum in one line, and its checks in the order of the layers. */
export function CheckSection({ name, checks, open, run, severalChannels }: Props) {
  const [chosen, setChosen] = useState<boolean>();
  const { tone, say, wanted } = sumOf(checks);
  const running = tone === 'busy';
  return (
    <Disclosure
      className={`card check-section tone-${tone}`}
      isExpanded={chosen ?? (open || wanted)}
      onExpandedChange={setChosen}
    >
      <Heading level={2}>
        <AriaButton slot="trigger" className="row-press unfolds check-head">
          {running ? <span className="spinner" /> : <Icon name={toneIcons[tone]} />}
          <span className="section-name">{name}</span>
          <span className="check-said clip">{say}</span>
          <Icon name="down" />
        </AriaButton>
      </Heading>
      <DisclosurePanel>
        <ul className="list checks" aria-label={`${words.checks}: ${name}`}>
          {checks.map((check) => (
            <CheckRow
              key={`${run} ${check.id} ${check.channel ?? ''}`}
              check={check}
              channel={severalChannels ? check.channel : undefined}
            />
          ))}
        </ul>
      </DisclosurePanel>
    </Disclosure>
  );
}
