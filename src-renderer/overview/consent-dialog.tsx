import { useEffect, useState } from 'react';
import type { CommandDescription } from '../../shared/draft.ts';
import { revealed } from '../../shared/printable.ts';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { CommandFacts } from '../ui/command-facts.tsx';
import { AskDialog } from '../ui/dialog.tsx';
import { Facts } from './node-facts.tsx';

const words = t.overview.consent;

interface Props {
  readonly id: string;
  readonly channel: string;
  readonly onClose: () => void;
  /** What consent was asked for; starting the tunnel unless told. */
  readonly onAgreed?: () => Promise<unknown>;
}

/** Nothing runs before it was shown and agreed to. */
export function ConsentDialog({ id, channel, onClose, onAgreed }: Props) {
  const [command, setCommand] = useState<CommandDescription>();
  const profile = useApp((app) => app.profiles.find((each) => each.id === id));
  useEffect(() => {
    let live = true;
    void run('approvals.describe', { id, channel }).then((found) => live && setCommand(found));
    return () => {
      live = false;
    };
  }, [id, channel]);
  const agree = async (hash: string): Promise<void> => {
    await run('approvals.approve', { id, channel, hash });
    onClose();
    await (onAgreed ? onAgreed() : run('tunnels.start', { id }));
  };
  return (
    <AskDialog
      title={words.title}
      onClose={onClose}
      action={words.run}
      isDisabled={!command || command.error !== undefined}
      onAction={() => command && void agree(command.hash)}
    >
      {profile && (
        <Facts
          facts={[
            [words.tunnel, revealed(profile.name)],
            [words.file, <code key="file">{revealed(profile.file)}</code>],
          ]}
        />
      )}
      {command ? <CommandFacts command={command} /> : <span className="spinner" />}
      <p className="muted">
        {command?.changed === true && <b>{words.changed} </b>}
        {words.say}
      </p>
    </AskDialog>
  );
}
