import { useState } from 'react';
import type { Draft } from '../../shared/draft.ts';
import { describe } from '../../shared/messages.ts';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Field } from '../ui/field.tsx';
import { Proofs } from '../ui/proofs.tsx';
import { Note } from '../ui/tone.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { Probe } from './use-probe.ts';

const words = t.wizard.key;

/** As the contract has it (shared/tunnel.ts). */
const tunnelIdPattern = /^tunnel_[a-z0-9]{32}$/;
const adminKey = /^sk-admin-/;

interface Props {
  readonly handle: DraftHandle;
  readonly draft: Draft;
  readonly probe: Probe;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

/** Metadata proves Read, a real poll proves Use; one without the other is a verdict of its own. */
function ReadOnlyKey({ probe }: { readonly probe: Probe }) {
  const read = probe.evidence.some(({ step, outcome }) => /metadata|read/.test(step) && outcome === 'pass');
  const refused = probe.evidence.some(({ step, outcome }) => step === 'key.use' && outcome === 'fail');
  if (!read || !refused) return null;
  return (
    <Note tone="fault" title={words.readOnly}>
      {words.readOnlyMore}
    </Note>
  );
}

export function KeyStep({ handle, draft, probe, onBack, onNext }: Props) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const [typed, setTyped] = useState('');
  const [more, setMore] = useState(!hasKeychain || (draft.keyRef ?? '') !== '');
  const tunnelId = draft.tunnelId.trim();
  const idWrong = tunnelId !== '' && !tunnelIdPattern.test(tunnelId);
  const isAdmin = adminKey.test(typed.trim());
  const hasKey = typed.trim() !== '' || draft.hasKey || (draft.keyRef ?? '') !== '';
  const change = (patch: Parameters<DraftHandle['update']>[0]): void => {
    probe.clear();
    handle.update(patch);
  };
  const prove = async (): Promise<void> => {
    await handle.flush();
    if (typed.trim() !== '') {
      const kept = await run('secrets.set', { owner: draft.id, slot: 'api_key', value: typed.trim() });
      if (!kept) return;
      setTyped('');
      await handle.reload();
    }
    await probe.start(draft.id);
  };
  const admin = isAdmin ? describe({ code: 'key_is_admin', leg: 'local', params: {} }) : undefined;
  const ready = tunnelId !== '' && !idWrong && hasKey && !isAdmin;
  return (
    <StepFrame
      step={2}
      title={words.title}
      left={
        <Button kind="quiet" onPress={onBack}>
          {t.wizard.back}
        </Button>
      }
      right={
        <>
          {!probe.proved && tunnelIdPattern.test(tunnelId) && (
            <Button kind="quiet" isDisabled={isAdmin} onPress={onNext}>
              {t.wizard.withoutProof}
            </Button>
          )}
          <Button kind="primary" isDisabled={!probe.proved} onPress={onNext}>
            {words.next}
          </Button>
        </>
      }
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !probe.running) void prove();
        }}
      >
        <Field
          label={words.tunnelId}
          mono
          placeholder="tunnel_…"
          hint={words.tunnelIdHint}
          error={idWrong ? words.tunnelIdWrong : undefined}
          value={draft.tunnelId}
          onChange={(value) => change({ tunnelId: value.trim() })}
        />
        {hasKeychain && (
          <Field
            label={words.key}
            mono
            type="password"
            placeholder={draft.hasKey ? words.keySet : words.keyPlaceholder}
            hint={words.keyHint}
            error={admin && `${admin.cause} ${admin.next}`}
            value={typed}
            onChange={(value) => {
              probe.clear();
              setTyped(value);
            }}
          />
        )}
        <div className="row-gap">
          <ExternalLink link="tunnels">{words.openTunnels}</ExternalLink>
          <ExternalLink link="api-keys">{words.openKeys}</ExternalLink>
        </div>
        {more ? (
          <>
            <Field
              label={words.reference}
              mono
              placeholder={words.referencePlaceholder}
              {...(hasKeychain ? {} : { hint: words.keyHintNoKeychain })}
              value={draft.keyRef ?? ''}
              onChange={(keyRef) => change({ keyRef })}
            />
            <Field
              label={words.controlPlane}
              mono
              value={draft.controlPlane}
              onChange={(controlPlane) => change({ controlPlane })}
            />
          </>
        ) : (
          <div>
            <Button kind="quiet" icon="right" onPress={() => setMore(true)}>
              {words.more}
            </Button>
          </div>
        )}
        <div>
          <Button type="submit" icon="key" isDisabled={!ready || probe.running}>
            {probe.evidence.length > 0 ? t.wizard.again : words.prove}
          </Button>
        </div>
      </form>
      <Proofs evidence={probe.evidence} running={probe.running} error={probe.error} />
      <ReadOnlyKey probe={probe} />
    </StepFrame>
  );
}
