import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { Check } from '../../shared/doctor.ts';
import { describeEvidence } from '../../shared/evidence-words.ts';
import { duration } from '../format.ts';
import { Facts } from '../overview/node-facts.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Proofs } from '../ui/proofs.tsx';
import { toneIcons, type Tone } from '../ui/tone.tsx';
import { FixDialog } from './fix-dialog.tsx';

const words = t.doctor;
const tones: Readonly<Record<Check['state'], Tone>> = {
  pending: 'idle',
  running: 'busy',
  pass: 'ok',
  warn: 'warn',
  fail: 'fault',
  skip: 'idle',
};

type FactValue = Check['evidence'][number]['facts'][string];

const shown = (value: FactValue): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** A check: its verdict in one line, its evidence below. What failed is open. */
export function CheckRow({ check }: { readonly check: Check }) {
  const { state, title, why, evidence, fix } = check;
  const [open, setOpen] = useState<boolean>();
  const [fixing, setFixing] = useState(false);
  const profile = useApp((app) => app.profiles.find(({ id }) => id === check.profile)?.name);
  const tone = tones[state];
  const worst =
    evidence.find(({ outcome }) => outcome === 'fail') ?? evidence.find(({ outcome }) => outcome === 'warn');
  const said = worst ?? evidence.at(-1);
  const facts = evidence.flatMap((each) => Object.entries(each.facts));
  return (
    <li className={`check-row tone-${tone}`}>
      <Disclosure isExpanded={open ?? state === 'fail'} onExpandedChange={setOpen}>
        <Heading level={2}>
          <AriaButton slot="trigger" className="check-head">
            {state === 'running' ? <span className="spinner" /> : <Icon name={toneIcons[tone]} />}
            <span className="check-title">
              {title}
              {profile !== undefined && <span className="faint"> · {profile}</span>}
            </span>
            <span className="check-said clip">{said && state !== 'fail' ? describeEvidence(said).what : ''}</span>
            <span className="state">{words.states[state]}</span>
            <span className="faint num took">{check.ms === undefined ? '' : duration(check.ms)}</span>
            <Icon name="down" />
          </AriaButton>
        </Heading>
        <DisclosurePanel className="check-more">
          <Proofs evidence={evidence} running={state === 'running'} />
          {facts.length > 0 && (
            <Facts facts={facts.map(([name, value]) => [name, <code key={name}>{shown(value)}</code>])} />
          )}
          <p className="muted">
            <b>{words.why}:</b> {why}
          </p>
          {fix && (
            <div className="row-gap">
              <Button onPress={() => setFixing(true)}>{words.fix}</Button>
              <span className="muted">{fix.summary}</span>
            </div>
          )}
        </DisclosurePanel>
      </Disclosure>
      {fix && fixing && <FixDialog fix={fix} onClose={() => setFixing(false)} />}
    </li>
  );
}
