import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** Colour means state and nothing else: works, is busy, will break, needs a person, is off. */
export type Tone = 'ok' | 'busy' | 'warn' | 'fault' | 'idle';

export const toneIcons: Readonly<Record<Tone, IconName>> = {
  ok: 'check',
  busy: 'dots',
  warn: 'clock',
  fault: 'alert',
  idle: 'minus',
};

export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={`chip tone-${tone}`}>
      <Icon name={toneIcons[tone]} />
      {children}
    </span>
  );
}

interface NoteProps {
  readonly tone?: Tone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** One sentence that wants to be read, and what can be done about it. */
export function Note({ tone, title, children, actions }: NoteProps) {
  return (
    <div className={`note${tone ? ` tone-${tone}` : ''}`}>
      {tone && <Icon name={toneIcons[tone]} />}
      <div className="text">
        <b>{title}</b> {children !== undefined && <span>{children}</span>}
      </div>
      {actions !== undefined && <div className="row-gap">{actions}</div>}
    </div>
  );
}
