import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { Check } from '../../shared/doctor.ts';
import { describeEvidence } from '../../shared/evidence-words.ts';
import { run as ask } from '../api.ts';
import { duration } from '../format.ts';
import { ConsentDialog } from '../overview/consent-dialog.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Proofs } from '../ui/proofs.tsx';
import { toneIcons, type Tone } from '../ui/tone.tsx';
import { FixDialog } from './fix-dialog.tsx';
import { SeenFacts } from './seen-facts.tsx';

const words = t.doctor;
const tones: Readonly<Record<Check['state'], Tone>> = {
  pending: 'idle',
  running: 'busy',
  pass: 'ok',
  warn: 'warn',
  fail: 'fault',
  skip: 'idle',
};

/** The check in one line: what was proved, what failed, or why it was left out. */
function sayOf({ evidence }: Check): string {
  const worst =
    evidence.find(({ outcome }) => outcome === 'fail') ??
    evidence.find(({ outcome }) => outcome === 'warn') ??
    evidence.at(-1);
  return worst ? describeEvidence(worst).what : '';
}

/** The command that nobody has agreed to yet, where that is what keeps the check from proving anything. */
function consentOf({ evidence, profile, channel }: Check): { id: string; channel: string } | undefined {
  const waits = evidence.some(({ error }) => error?.code === 'command_not_approved');
  return waits && profile !== undefined && channel !== undefined ? { id: profile, channel } : undefined;
}

interface Props {
  readonly check: Check;
  /** Told where a profile has several. */
  readonly channel?: string | undefined;
}

/** A check: its verdict in one line, its evidence below. What failed is open. */
export function CheckRow({ check, channel }: Props) {
  const { state, title, why, evidence, fix } = check;
  const [open, setOpen] = useState<boolean>();
  const [dialog, setDialog] = useState<'fix' | 'consent'>();
  const scope = useApp((app) => app.doctor?.profile);
  const tone = tones[state];
  const asks = consentOf(check);
  const isOpen = open ?? (state === 'fail' || fix !== undefined || asks !== undefined);
  const close = (): void => setDialog(undefined);
  const again = (): Promise<unknown> => ask('doctor.run', scope === undefined ? {} : { profile: scope });
  return (
    <li className={`check-row tone-${tone}`}>
      <Disclosure isExpanded={isOpen} onExpandedChange={setOpen}>
        <Heading level={3}>
          <AriaButton slot="trigger" className="row-press unfolds check-head">
            {state === 'running' ? <span className="spinner" /> : <Icon name={toneIcons[tone]} />}
            <span className="check-title">
              {title}
              {channel !== undefined && <span className="faint"> · {channel}</span>}
            </span>
            <span className="check-said clip">{isOpen && evidence.length > 0 ? '' : sayOf(check)}</span>
            <span className="state">{words.states[state]}</span>
            <span className="faint num took">
              {check.ms === undefined || state === 'skip' ? '' : duration(check.ms)}
            </span>
            <Icon name="down" />
          </AriaButton>
        </Heading>
        <DisclosurePanel className="check-more">
          <Proofs evidence={evidence} running={state === 'running'} />
          {fix && (
            <div className="row-gap fix">
              <Button kind="primary" onPress={() => setDialog('fix')}>
                {words.fix}
              </Button>
              <span className="grow">{fix.summary}</span>
            </div>
          )}
          {asks && (
            <div className="row-gap">
              <Button onPress={() => setDialog('consent')}>{t.overview.actions.review}</Button>
            </div>
          )}
          <SeenFacts evidence={evidence} />
          <p className="muted">
            <b>{words.why}:</b> {why}
          </p>
        </DisclosurePanel>
      </Disclosure>
      {fix && dialog === 'fix' && <FixDialog fix={fix} onClose={close} />}
      {asks && dialog === 'consent' && <ConsentDialog {...asks} onClose={close} onAgreed={again} />}
    </li>
  );
}
