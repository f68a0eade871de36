import type { TunnelErrorData } from '../../shared/errors.ts';
import { describeEvidence } from '../../shared/evidence-words.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { describe } from '../../shared/messages.ts';
import { duration } from '../format.ts';
import { t } from '../strings.ts';
import { Icon } from './icon.tsx';
import { Prose } from './prose.tsx';
import type { Tone } from './tone.tsx';
import { toneIcons } from './tone.tsx';

const tones: Readonly<Record<Evidence['outcome'], Tone>> = { pass: 'ok', warn: 'warn', fail: 'fault', skip: 'idle' };

export function Proof({ evidence }: { readonly evidence: Evidence }) {
  const { what, more } = describeEvidence(evidence);
  const tone = tones[evidence.outcome];
  return (
    <li className={`tone-${tone}`}>
      <Icon name={toneIcons[tone]} />
      <span className="grow">
        <Prose text={what} />
        {more !== undefined && (
          <span className="more">
            <Prose text={more} />
          </span>
        )}
      </span>
      {evidence.ms !== undefined && <small className="num">{duration(evidence.ms)}</small>}
    </li>
  );
}

interface Props {
  readonly evidence: readonly Evidence[];
  readonly running?: boolean;
  readonly error?: TunnelErrorData | undefined;
}

/** What was proved, step by step, and what the next step is waiting for. */
export function Proofs({ evidence, running = false, error }: Props) {
  if (evidence.length === 0 && !running && !error) return null;
  return (
    <ul className="proofs" aria-label={t.wizard.proofs} aria-live="polite" aria-busy={running}>
      {evidence.map((each, index) => (
        <Proof key={index} evidence={each} />
      ))}
      {running && (
        <li>
          <span className="spinner" />
          <span className="grow muted">{t.wizard.proving}</span>
        </li>
      )}
      {error && (
        <li className="tone-fault">
          <Icon name="alert" />
          <span className="grow">
            {describe(error).title}
            <span className="more">
              <Prose text={`${describe(error).cause} ${describe(error).next}`} />
            </span>
          </span>
        </li>
      )}
    </ul>
  );
}
