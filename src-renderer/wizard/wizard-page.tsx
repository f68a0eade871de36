import { useCallback, useState } from 'react';
import { call, run } from '../api.ts';
import { go, useRoute } from '../route.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Refusal } from '../ui/refusal.tsx';
import { ConnectStep } from './connect-step.tsx';
import { KeyStep } from './key-step.tsx';
import { NameStep } from './name-step.tsx';
import { ServerStep } from './server-step.tsx';
import { useDraft } from './use-draft.ts';
import { useProbe } from './use-probe.ts';
import { useServerProbes } from './use-server-probes.ts';

/** From a server to a first call, each step proved before the next. */
export function WizardPage() {
  const { item } = useRoute();
  const [step, setStep] = useState<1 | 2 | 3 | 4>(1);
  const remember = useCallback((id: string) => go('wizard', id), []);
  const handle = useDraft(item, remember);
  const servers = useServerProbes();
  const key = useProbe(['control-plane', 'key']);
  const { draft, error } = handle;

  if (error)
    return (
      <Page title={t.pages.wizard}>
        <Refusal
          error={error}
          what={t.wizard.cannotStart}
          actions={<Button onPress={() => void handle.restart()}>{t.overview.actions.retry}</Button>}
        />
      </Page>
    );
  if (!draft) return <Page title={t.pages.wizard}>{<span className="spinner" />}</Page>;

  const discard = async (): Promise<void> => {
    go('overview');
    await call('drafts.discard', { id: draft.id });
  };
  const save = async (): Promise<void> => {
    await handle.flush();
    const saved = await run('drafts.adopt', { id: draft.id });
    if (!saved) return;
    if (!key.proved) await run('tunnels.start', { id: saved.id });
    setStep(4);
  };
  switch (step) {
    case 1:
      return (
        <ServerStep handle={handle} draft={draft} probes={servers} onNext={() => setStep(2)} onDiscard={discard} />
      );
    case 2:
      return <KeyStep handle={handle} draft={draft} probe={key} onBack={() => setStep(1)} onNext={() => setStep(3)} />;
    case 3:
      return <NameStep handle={handle} draft={draft} onBack={() => setStep(2)} onNext={save} />;
    case 4:
      return <ConnectStep draft={draft} keyProved={key.proved} />;
  }
}
