import { describe } from '../../shared/messages.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Prose } from '../ui/prose.tsx';
import { Note } from '../ui/tone.tsx';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels;

/** Why there is no list, or that it is on its way. */
export function ListState({ handle, host }: { readonly handle: TunnelsHandle; readonly host: string }) {
  const { tunnels, error, loading } = handle;
  const refused = error && describe(error);
  return (
    <>
      {refused && (
        <Note
          tone="fault"
          title={`${refused.title}.`}
          actions={
            <Button icon="retry" isDisabled={loading} onPress={() => void handle.refresh()}>
              {words.refresh}
            </Button>
          }
        >
          <Prose text={`${refused.cause} ${refused.next}`} />
        </Note>
      )}
      {!tunnels && loading && (
        <p className="row-gap muted" role="status">
          <span className="spinner" /> {words.loading(host)}
        </p>
      )}
    </>
  );
}
