import { useState } from 'react';
import type { CallResult } from '../../shared/ipc.ts';
import type { ChannelConfig } from '../../shared/profile.ts';
import { DroppedList } from '../imports/dropped-list.tsx';
import { PickDialog } from '../imports/pick-dialog.tsx';
import { notify } from '../shell/notices.tsx';
import { t } from '../strings.ts';
import { TextMenu } from '../ui/menu.tsx';
import { blankChannel, ChannelForm } from './channel-form.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.form;
type Added = CallResult<'profiles.addServers'>['added'];

const freeName = (channels: readonly ChannelConfig[]): string => {
  const taken = new Set(channels.map(({ name }) => name));
  if (!taken.has('main')) return 'main';
  for (let n = 2; ; n++) if (!taken.has(`server-${n}`)) return `server-${n}`;
};

interface Props {
  readonly id: string;
  readonly editor: Editor;
  readonly channels: readonly ChannelConfig[];
  readonly isDisabled: boolean;
  readonly onChange: (channels: ChannelConfig[]) => void;
}

/** The servers behind the tunnel, one a channel. */
export function ChannelForms({ id, editor, channels, isDisabled, onChange }: Props) {
  const [picking, setPicking] = useState(false);
  const [added, setAdded] = useState<Added>([]);
  const addFound = async (candidates: string[]): Promise<boolean> => {
    const now = await editor.addServers(candidates);
    if (!now) return false;
    setAdded((before) => [...before, ...now]);
    const names = now.map(({ channel }) => channel).join(', ');
    notify({ tone: 'ok', title: t.imports.dialog.added(names), more: t.imports.dialog.addedMore });
    return true;
  };
  const addBlank = (kind: ChannelConfig['kind']): void =>
    onChange([...channels, blankChannel(kind, freeName(channels))]);
  return (
    <section>
      <h2>{words.servers}</h2>
      {channels.map((channel, index) => (
        <ChannelForm
          key={index}
          id={id}
          editor={editor}
          channel={channel}
          onChange={(next) => onChange(channels.map((each, i) => (i === index ? next : each)))}
          onRemove={() => onChange(channels.filter((_, i) => i !== index))}
        />
      ))}
      <DroppedList of={added.map(({ channel, dropped }) => ({ title: channel, dropped }))} />
      <div>
        <TextMenu
          label={words.addServer}
          icon="plus"
          isDisabled={isDisabled}
          entries={[
            { label: words.addFound, icon: 'search', onAction: () => setPicking(true) },
            { label: words.addCommand, icon: 'terminal', onAction: () => addBlank('stdio') },
            { label: words.addUrl, icon: 'globe', onAction: () => addBlank('http') },
          ]}
        />
      </div>
      {picking && <PickDialog action={t.imports.dialog.channels} onPick={addFound} onClose={() => setPicking(false)} />}
    </section>
  );
}
