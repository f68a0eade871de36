import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Refusal } from '../ui/refusal.tsx';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels;

/** Why there is no list, or that it is on its way. */
export function ListState({ handle, host }: { readonly handle: TunnelsHandle; readonly host: string }) {
  const { tunnels, error, loading } = handle;
  return (
    <>
      <Refusal
        error={error}
        actions={
          <Button icon="retry" isDisabled={loading} onPress={() => void handle.refresh()}>
            {words.refresh}
          </Button>
        }
      />
      {!tunnels && loading && (
        <p className="row-gap muted" role="status">
          <span className="spinner" /> {words.loading(host)}
        </p>
      )}
    </>
  );
}
