import type { DraftServer } from '../../shared/draft.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import type { Probe } from './use-probe.ts';

const words = t.wizard.server;

interface Props {
  readonly server: Extract<DraftServer, { kind: 'http' }>;
  readonly probe: Probe;
  readonly onChange: (server: DraftServer) => void;
  readonly onReach: () => Promise<void>;
}

export function UrlServer({ server, probe, onChange, onReach }: Props) {
  return (
    <form
      className="with-button"
      onSubmit={(event) => {
        event.preventDefault();
        void onReach();
      }}
    >
      <Field
        label={words.url}
        mono
        placeholder={words.urlPlaceholder}
        hint={words.urlHint}
        value={server.url}
        onChange={(url) => onChange({ ...server, url })}
      />
      <Button type="submit" isDisabled={probe.running || server.url.trim() === ''}>
        {probe.evidence.length > 0 ? t.wizard.again : words.reach}
      </Button>
    </form>
  );
}
