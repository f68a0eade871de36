import { useState } from 'react';
import type { Draft } from '../../shared/draft.ts';
import { isAdminKey } from '../../shared/keys.ts';
import type { DraftWait, ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { describe } from '../../shared/messages.ts';
import { profileNameFrom } from '../../shared/profile-name.ts';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { mayBeNewRole } from '../tunnels/tunnel-words.ts';
import { Button } from '../ui/button.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Field } from '../ui/field.tsx';
import { Proofs } from '../ui/proofs.tsx';
import { Note } from '../ui/tone.tsx';
import { ChooseTunnel } from './choose-tunnel.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { Probe } from './use-probe.ts';
import { WaitNote } from './wait-note.tsx';

const words = t.wizard.key;
const waits = t.tunnels.wait;

/** As the contract has it (shared/tunnel.ts). */
const tunnelIdPattern = /^tunnel_[a-z0-9]{32}$/;

interface Props {
  readonly handle: DraftHandle;
  readonly draft: Draft;
  readonly probe: Probe;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

/** Metadata proves Read, a real poll proves Use; one without the other is a verdict of its own, which a new role may end. */
function Refused({
  probe,
  onKeepTrying,
}: {
  readonly probe: Probe;
  readonly onKeepTrying: (why: DraftWait['why']) => void;
}) {
  const read = probe.evidence.some(({ step, outcome }) => /metadata|read/.test(step) && outcome === 'pass');
  const refused = probe.evidence.find(({ outcome }) => outcome === 'fail')?.error;
  if (probe.running || !refused) return null;
  const keep = (why: DraftWait['why']) => <Button onPress={() => onKeepTrying(why)}>{waits.keep}</Button>;
  if (refused.code === 'tunnel_not_found')
    return (
      <Note tone="warn" title={waits.notFound} actions={keep('new-tunnel')}>
        {waits.tunnelHint}
      </Note>
    );
  if (!mayBeNewRole(refused)) return null;
  return (
    <Note tone="fault" title={read ? words.readOnly : words.neither} actions={keep('new-role')}>
      {read ? words.readOnlyMore : words.neitherMore} {waits.roleHint}
    </Note>
  );
}

export function KeyStep({ handle, draft, probe, onBack, onNext }: Props) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const [typed, setTyped] = useState('');
  const [more, setMore] = useState(!hasKeychain || (draft.keyRef ?? '') !== '');
  const tunnelId = draft.tunnelId.trim();
  const idWrong = tunnelId !== '' && !tunnelIdPattern.test(tunnelId);
  const [choosing, setChoosing] = useState(false);
  const [created, setCreated] = useState<string>();
  const isAdmin = isAdminKey(typed);
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
  const keepTrying = async (why: DraftWait['why']): Promise<void> => {
    if (await probe.start(draft.id, why)) onNext();
  };
  /** A wait that goes on behind another step would take the person back to this one. */
  const leave = (to: () => void): void => {
    if (probe.running) probe.clear();
    to();
  };
  const openChoice = async (): Promise<void> => {
    await handle.flush();
    setChoosing(true);
  };
  const giveAdminKey = async (): Promise<void> => {
    await handle.flush();
    if (!(await run('management.setKey', { at: { draft: draft.id }, key: typed.trim() }))) return;
    setTyped('');
    setChoosing(true);
  };
  const choose = ({ id, name }: ManagedTunnel, isNew: boolean): void => {
    change({ tunnelId: id, ...(draft.name === '' && name !== '' ? { name: profileNameFrom(name) } : {}) });
    setCreated(isNew ? id : undefined);
    setChoosing(false);
  };
  const admin = isAdmin ? describe({ code: 'key_is_admin', leg: 'local', params: {} }) : undefined;
  const ready = tunnelId !== '' && !idWrong && hasKey && !isAdmin;
  return (
    <StepFrame
      step={2}
      title={words.title}
      left={
        <Button kind="quiet" onPress={() => leave(onBack)}>
          {t.wizard.back}
        </Button>
      }
      right={
        <>
          {!probe.proved && tunnelIdPattern.test(tunnelId) && (
            <Button kind="quiet" isDisabled={isAdmin} onPress={() => leave(onNext)}>
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
        <div className="with-button">
          <Field
            label={words.tunnelId}
            mono
            placeholder="tunnel_…"
            hint={words.tunnelIdHint}
            error={idWrong ? words.tunnelIdWrong : undefined}
            value={draft.tunnelId}
            onChange={(value) => change({ tunnelId: value.trim() })}
          />
          <Button onPress={() => void openChoice()}>{t.tunnels.choose.open}</Button>
        </div>
        {created !== undefined && created === tunnelId && !probe.proved && (
          <Note tone="ok" title={t.tunnels.choose.created}>
            {t.tunnels.choose.createdMore}
          </Note>
        )}
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
        {isAdmin && (
          <div>
            <Button icon="key" onPress={() => void giveAdminKey()}>
              {t.tunnels.choose.adminTyped}
            </Button>
          </div>
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
      <Proofs evidence={probe.evidence} running={probe.running && !probe.wait} error={probe.error} />
      {probe.wait && <WaitNote wait={probe.wait} onStop={probe.stop} />}
      <Refused probe={probe} onKeepTrying={(why) => void keepTrying(why)} />
      {choosing && <ChooseTunnel draft={draft} onChosen={choose} onClose={() => setChoosing(false)} />}
    </StepFrame>
  );
}
