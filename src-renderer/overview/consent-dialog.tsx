import { useEffect, useState } from 'react';
import type { CommandDescription } from '../../shared/draft.ts';
import { run } from '../api.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { CommandFacts } from '../ui/command-facts.tsx';
import { Dialog } from '../ui/dialog.tsx';

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
    <Dialog
      title={words.title}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t.cancel}</Button>
          <Button
            kind="primary"
            isDisabled={!command || command.error !== undefined}
            onPress={() => command && void agree(command.hash)}
          >
            {words.run}
          </Button>
        </>
      }
    >
      {command ? <CommandFacts command={command} /> : <span className="spinner" />}
      <p className="muted">
        {command?.changed === true && <b>{words.changed} </b>}
        {words.say}
      </p>
    </Dialog>
  );
}
