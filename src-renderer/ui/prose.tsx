import { Fragment } from 'react';

/** A sentence of the catalogue: what it puts between backticks is set as code. */
export function Prose({ text }: { readonly text: string }) {
  return text
    .split('`')
    .map((part, index) =>
      index % 2 === 1 ? <code key={index}>{part}</code> : <Fragment key={index}>{part}</Fragment>,
    );
}
