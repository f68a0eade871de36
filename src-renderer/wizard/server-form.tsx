import type { DraftServer } from '../../shared/draft.ts';
import { Proofs } from '../ui/proofs.tsx';
import { CommandServer } from './command-server.tsx';
import { UrlServer } from './url-server.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { Proving } from './use-server-probes.ts';

interface Props {
  readonly handle: DraftHandle;
  readonly id: string;
  readonly server: DraftServer;
  readonly probe: Proving;
  readonly onChange: (server: DraftServer) => void;
  readonly onProve: () => Promise<void>;
}

/** One server: what it is, the agreement to run it, and what was proved of it. */
export function ServerForm({ handle, id, server, probe, onChange, onProve }: Props) {
  return (
    <>
      {server.kind === 'stdio' ? (
        <CommandServer handle={handle} id={id} server={server} probe={probe} onChange={onChange} onRun={onProve} />
      ) : (
        <UrlServer id={id} server={server} probe={probe} onChange={onChange} onReach={onProve} />
      )}
      <Proofs evidence={probe.evidence} running={probe.running} error={probe.error} />
    </>
  );
}
