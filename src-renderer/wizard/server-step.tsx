import { useState } from 'react';
import type { Draft, DraftServer } from '../../shared/draft.ts';
import { startDemo } from '../overview/demo.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Proofs } from '../ui/proofs.tsx';
import { CandidateList } from './candidate-list.tsx';
import { CommandServer } from './command-server.tsx';
import { StepFrame } from './step-frame.tsx';
import { UrlServer } from './url-server.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { Probe } from './use-probe.ts';

const words = t.wizard.server;

interface Props {
  readonly handle: DraftHandle;
  readonly draft: Draft;
  readonly probe: Probe;
  readonly onNext: () => void;
  readonly onDiscard: () => Promise<void>;
}

const isEmpty = (server: DraftServer): boolean => (server.kind === 'stdio' ? server.command : server.url).trim() === '';

export function ServerStep({ handle, draft, probe, onNext, onDiscard }: Props) {
  const { server } = draft;
  const [from, setFrom] = useState<'found' | 'stdio' | 'http'>(isEmpty(server) ? 'found' : server.kind);
  const hasDemo = useApp((app) => app.capabilities.demo);
  const change = (next: DraftServer): void => {
    probe.clear();
    handle.update({ server: next });
  };
  const choose = (kind: typeof from): void => {
    setFrom(kind);
    if (kind === 'stdio' && server.kind !== 'stdio') change({ kind, command: '', env: [] });
    if (kind === 'http' && server.kind !== 'http') change({ kind, url: '' });
  };
  const prove = async (): Promise<void> => {
    await handle.flush();
    await probe.start(draft.id);
  };
  return (
    <StepFrame
      step={1}
      title={words.title}
      left={
        <Button kind="quiet" onPress={() => void onDiscard()}>
          {t.wizard.discard}
        </Button>
      }
      right={
        <>
          {!probe.proved && from !== 'found' && !isEmpty(server) && (
            <Button kind="quiet" onPress={onNext}>
              {t.wizard.withoutProof}
            </Button>
          )}
          <Button kind="primary" isDisabled={!probe.proved} onPress={onNext}>
            {words.next}
          </Button>
        </>
      }
    >
      <Segments
        label={words.from}
        value={from}
        onChange={choose}
        options={[
          ['found', words.kinds.found],
          ['stdio', words.kinds.stdio],
          ['http', words.kinds.http],
        ]}
      />
      {from === 'found' && (
        <CandidateList
          onChoose={async (candidate) => {
            probe.clear();
            await handle.restart(candidate.id);
            setFrom(candidate.kind);
          }}
        />
      )}
      {from === 'stdio' && server.kind === 'stdio' && (
        <CommandServer handle={handle} id={draft.id} server={server} probe={probe} onChange={change} onRun={prove} />
      )}
      {from === 'http' && server.kind === 'http' && (
        <UrlServer server={server} probe={probe} onChange={change} onReach={prove} />
      )}
      {from !== 'found' && <Proofs evidence={probe.evidence} running={probe.running} error={probe.error} />}
      {from === 'found' && hasDemo && (
        <Button kind="quiet" icon="spark" onPress={() => void startDemo()}>
          {words.demo}
        </Button>
      )}
    </StepFrame>
  );
}
