import { useState } from 'react';
import { run } from '../api.ts';
import { t } from '../strings.ts';
import { Field } from '../ui/field.tsx';

const words = t.settings;
const [least, most] = [4, 1024];

/** Taken over when the field is left or Enter is pressed. */
export function BudgetField({ value }: { readonly value: number }) {
  const [text, setText] = useState(String(value));
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    setText(String(value));
  }
  const take = (): void => {
    const number = Math.round(Number(text));
    if (!Number.isFinite(number) || text.trim() === '') {
      setText(String(value));
      return;
    }
    const fitting = Math.min(most, Math.max(least, number));
    setText(String(fitting));
    if (fitting !== value) void run('settings.set', { traceBudgetMiB: fitting });
  };
  return (
    <form
      className="budget"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <Field
        label={words.budget}
        hint={words.budgetSay}
        inputMode="numeric"
        value={text}
        onChange={setText}
        onBlur={take}
      />
    </form>
  );
}
