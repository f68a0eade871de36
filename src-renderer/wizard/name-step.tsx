import { useState } from 'react';
import type { Draft } from '../../shared/draft.ts';
import { Facts } from '../overview/node-facts.tsx';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Switch } from '../ui/switch.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftHandle } from './use-draft.ts';

const words = t.wizard.name;

interface Props {
  readonly handle: DraftHandle;
  readonly draft: Draft;
  readonly onBack: () => void;
  readonly onNext: () => Promise<void>;
}

export function NameStep({ handle, draft, onBack, onNext }: Props) {
  const [saving, setSaving] = useState(false);
  const { server, keyRef = '' } = draft;
  const env = server.kind === 'stdio' ? server.env.map(({ name }) => name).filter((name) => name !== '') : [];
  const save = async (): Promise<void> => {
    setSaving(true);
    await onNext();
    setSaving(false);
  };
  return (
    <StepFrame
      step={3}
      title={words.title}
      left={
        <Button kind="quiet" onPress={onBack}>
          {t.wizard.back}
        </Button>
      }
      right={
        <Button kind="primary" isDisabled={saving || draft.name.trim() === ''} onPress={() => void save()}>
          {words.next}
        </Button>
      }
    >
      <Field
        label={words.name}
        hint={words.nameHint}
        value={draft.name}
        onChange={(name) => handle.update({ name })}
        autoFocus
      />
      <Switch isSelected={draft.startWithApp} onChange={(startWithApp) => handle.update({ startWithApp })}>
        {words.startWithApp}
      </Switch>
      <div className="well stack">
        <h3 className="label">{words.summary}</h3>
        <Facts
          facts={[
            [words.server, <code key="server">{server.kind === 'stdio' ? server.command : server.url}</code>],
            server.kind === 'stdio' && server.cwd !== undefined
              ? [words.folder, <code key="folder">{server.cwd}</code>]
              : undefined,
            env.length > 0 ? [words.env, <code key="env">{env.join(', ')}</code>] : undefined,
            [words.tunnel, <code key="tunnel">{draft.tunnelId}</code>],
            [words.key, keyRef !== '' ? keyRef : draft.hasKey ? words.keyKept : words.keyNone],
            [words.controlPlane, draft.controlPlane],
          ]}
        />
      </div>
    </StepFrame>
  );
}
