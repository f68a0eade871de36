import { useState } from 'react';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { AskDialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { TextMenu } from '../ui/menu.tsx';

const words = t.traces.filter;

interface Props {
  readonly query: string;
  readonly onChange: (query: string) => void;
}

/** Filters worth keeping, in the settings. */
export function SavedFilters({ query, onChange }: Props) {
  const saved = useApp((app) => app.settings.savedFilters);
  const [name, setName] = useState<string>();
  const trimmed = query.trim();
  const isSaved = saved.some((filter) => filter.query === trimmed);
  const save = async (): Promise<void> => {
    if (name === undefined || name.trim() === '') return;
    const rest = saved.filter((filter) => filter.name !== name.trim());
    await run('settings.set', { savedFilters: [...rest, { name: name.trim(), query: trimmed }] });
    setName(undefined);
  };
  const remove = (gone: string): void =>
    void run('settings.set', { savedFilters: saved.filter((filter) => filter.name !== gone) });
  if (saved.length === 0 && trimmed === '') return null;
  return (
    <>
      <TextMenu
        label={words.saved}
        entries={[
          ...saved.map((filter) => ({
            label: filter.name,
            icon: 'search' as const,
            onAction: () => onChange(filter.query),
          })),
          saved.length > 0 ? ('-' as const) : undefined,
          trimmed !== '' && !isSaved
            ? { label: words.save, icon: 'plus' as const, onAction: () => setName('') }
            : undefined,
          ...saved.map((filter) => ({
            label: words.remove(filter.name),
            icon: 'trash' as const,
            onAction: () => remove(filter.name),
          })),
        ]}
      />
      {name !== undefined && (
        <AskDialog
          title={words.save}
          onClose={() => setName(undefined)}
          action={t.save}
          isDisabled={name.trim() === ''}
          onAction={() => void save()}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <Field label={words.name} value={name} onChange={setName} autoFocus hint={<code>{trimmed}</code>} />
          </form>
        </AskDialog>
      )}
    </>
  );
}
