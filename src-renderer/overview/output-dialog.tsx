import type { ChannelSnapshot } from '../../shared/tunnel.ts';
import { copyText } from '../copy.ts';
import { clock } from '../format.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { serverName } from './pipe-model.ts';

const words = t.overview.output;

interface Props {
  readonly channel: ChannelSnapshot;
  readonly onClose: () => void;
}

/** How a server ended and what it last wrote. */
export function OutputDialog({ channel, onClose }: Props) {
  const { state } = channel;
  if (state.kind !== 'crash-loop' && state.kind !== 'restarting') return null;
  const { exit } = state;
  const how = exit.exitCode === null ? words.signal(exit.signal ?? '?') : words.code(exit.exitCode);
  const text = exit.stderr.join('\n');
  return (
    <Dialog
      title={words.title(serverName(channel))}
      wide
      onClose={onClose}
      actions={
        <>
          {text !== '' && (
            <Button icon="copy" onPress={() => void copyText(text)}>
              {t.copy}
            </Button>
          )}
          <Button kind="primary" onPress={onClose}>
            {t.close}
          </Button>
        </>
      }
    >
      <p className="muted">{words.exit(how, clock(exit.at)[0])}</p>
      <pre className="well output" tabIndex={0}>
        {text === '' ? words.silent : text}
      </pre>
    </Dialog>
  );
}
