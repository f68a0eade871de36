import { useState } from 'react';
import { call, run } from '../api.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { sentence } from '../../shared/messages.ts';

/** A refused key has the field for a new one beside it; the next poll uses it. */
export function NewKey({ id }: { readonly id: string }) {
  const [value, setValue] = useState('');
  const [error, setError] = useState<string>();
  const use = async (): Promise<void> => {
    const reply = await call('secrets.replaceKey', { owner: id, value });
    if (!reply.ok) {
      setError(sentence(reply.error));
      return;
    }
    setValue('');
    setError(undefined);
    await run('tunnels.retry', { id });
  };
  return (
    <form
      className="new-key"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== '') void use();
      }}
    >
      <Field
        label={t.overview.actions.newKey}
        hideLabel
        placeholder={t.overview.actions.newKey}
        type="password"
        mono
        value={value}
        onChange={setValue}
        error={error}
      />
      <Button type="submit" kind="primary" isDisabled={value === ''}>
        {t.overview.actions.useKey}
      </Button>
    </form>
  );
}
