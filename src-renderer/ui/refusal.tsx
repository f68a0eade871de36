import type { ReactNode } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';
import { Prose } from './prose.tsx';
import { Note } from './tone.tsx';

interface Props {
  readonly error: TunnelErrorData | undefined;
  /** What could not be done, before what happened. */
  readonly what?: string;
  readonly actions?: ReactNode;
}

/** What happened, why, and what to do next. */
export function Refusal({ error, what, actions }: Props) {
  if (!error) return null;
  const { title, cause, next } = describe(error);
  return (
    <Note tone="fault" title={`${what === undefined ? '' : `${what} `}${title}.`} actions={actions}>
      <Prose text={`${cause} ${next}`} />
    </Note>
  );
}
