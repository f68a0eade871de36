import type { ReactNode } from 'react';
import { t } from '../strings.ts';
import { Page } from '../ui/page.tsx';

interface Props {
  readonly step: 1 | 2 | 3 | 4;
  readonly title: string;
  readonly children: ReactNode;
  /** What goes back or away. */
  readonly left: ReactNode;
  /** What goes on. */
  readonly right: ReactNode;
}

/** One step of four: what it is about, what was proved, and the way on. */
export function StepFrame({ step, title, children, left, right }: Props) {
  return (
    <Page title={t.pages.wizard}>
      <section className="card wiz" aria-labelledby="wizard-step">
        <div className="wiz-head">
          <h2 id="wizard-step">{title}</h2>
          <span className="faint">{t.wizard.step(step)}</span>
        </div>
        <ol className="wiz-steps">
          {t.wizard.steps.map((name, index) => (
            <li key={name} className={index < step ? 'on' : ''} aria-current={index + 1 === step ? 'step' : undefined}>
              <span>{name}</span>
            </li>
          ))}
        </ol>
        {children}
        <div className="wiz-foot">
          <div className="row-gap">{left}</div>
          <div className="row-gap">{right}</div>
        </div>
      </section>
    </Page>
  );
}
