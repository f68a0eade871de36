import { useState } from 'react';
import type { Draft, DraftServer } from '../../shared/draft.ts';
import { isProfileName } from '../../shared/profile-name.ts';
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
  const { servers, keyRef = '' } = draft;
  const isWrong = draft.name.trim() !== '' && !isProfileName(draft.name.trim());
  const [server] = servers;
  const only = servers.length === 1 && server?.kind === 'stdio' ? server : undefined;
  const env = (only?.env ?? []).map(({ name }) => name).filter((name) => name !== '');
  const target = (each: DraftServer) => (each.kind === 'stdio' ? each.command : (each.unixSocket ?? each.url));
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
        <Button kind="primary" isDisabled={saving || draft.name.trim() === '' || isWrong} onPress={() => void save()}>
          {words.next}
        </Button>
      }
    >
      <Field
        label={words.name}
        hint={words.nameHint}
        error={isWrong ? t.profiles.nameWrong : undefined}
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
            server && servers.length === 1
              ? [words.server, <code key="server">{target(server)}</code>]
              : [
                  words.servers,
                  <ul key="servers" className="summary-servers">
                    {servers.map((each) => (
                      <li key={each.key}>
                        <b>{each.channel}</b> <code>{target(each)}</code>
                      </li>
                    ))}
                  </ul>,
                ],
            only?.cwd === undefined ? undefined : [words.folder, <code key="folder">{only.cwd}</code>],
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
