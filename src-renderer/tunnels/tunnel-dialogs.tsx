import { useEffect, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { ManagedTunnel, NewTunnel, TunnelChange } from '../../shared/managed-tunnel.ts';
import { call } from '../api.ts';
import { notify } from '../shell/notices.tsx';
import { t } from '../strings.ts';
import { AskActions, AskDialog, Dialog } from '../ui/dialog.tsx';
import { Note } from '../ui/tone.tsx';
import { RefusedCall } from './admin-key-field.tsx';
import { blankFor, TunnelFields, useTunnelForm } from './tunnel-form.tsx';
import { nameOf, type LocalUse } from './tunnel-words.ts';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels;

interface Props {
  readonly handle: TunnelsHandle;
  readonly onClose: () => void;
}

export function CreateDialog({ handle, onClose }: Props) {
  const form = useTunnelForm(blankFor(handle.scope));
  const submit = async (): Promise<void> => {
    await form.send(async (tunnel) => {
      const reply = await call('management.create', { at: handle.at, tunnel });
      if (!reply.ok) return reply.error;
      handle.put(reply.value);
      onClose();
      notify({ tone: 'ok', title: `${words.form.created(nameOf(reply.value))}.`, more: words.form.createdMore });
      return undefined;
    });
  };
  return (
    <AskDialog
      title={words.form.createTitle}
      onClose={onClose}
      action={words.form.createNow}
      isDisabled={form.blocked}
      onAction={() => void submit()}
    >
      <TunnelFields form={form} handle={handle} onSubmit={submit} />
    </AskDialog>
  );
}

/** Only what was changed, so that a list somebody else changed meanwhile is not put back. */
function changesOf(before: ManagedTunnel, after: NewTunnel): TunnelChange {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof NewTunnel]),
    ),
  );
}

function EditForm({ handle, tunnel, onClose }: Props & { readonly tunnel: ManagedTunnel }) {
  const form = useTunnelForm(tunnel);
  const change = changesOf(tunnel, form.fields);
  const unchanged = Object.keys(change).length === 0;
  const submit = async (): Promise<void> => {
    if (unchanged) return;
    await form.send(async () => {
      const reply = await call('management.update', { at: handle.at, id: tunnel.id, change });
      if (!reply.ok) return reply.error;
      handle.put(reply.value);
      onClose();
      notify({ tone: 'ok', title: words.form.saved(nameOf(reply.value)) });
      return undefined;
    });
  };
  return (
    <>
      <TunnelFields form={form} handle={handle} onSubmit={submit} />
      <div className="actions">
        <AskActions
          action={t.save}
          isDisabled={unchanged || form.blocked}
          onAction={() => void submit()}
          onCancel={onClose}
        />
      </div>
    </>
  );
}

/** Edits the tunnel as it is now, not as it was when the list came. */
export function EditDialog({ handle, tunnel, onClose }: Props & { readonly tunnel: ManagedTunnel }) {
  const [current, setCurrent] = useState<ManagedTunnel>();
  const [error, setError] = useState<TunnelErrorData>();
  const [tries, setTries] = useState(0);
  const { get } = handle;
  useEffect(() => {
    let live = true;
    void get(tunnel.id).then((reply) => {
      if (!live) return;
      setError(reply.ok ? undefined : reply.error);
      if (reply.ok) setCurrent(reply.value);
    });
    return () => {
      live = false;
    };
  }, [get, tunnel.id, tries]);
  const again = (): Promise<void> => {
    setTries(tries + 1);
    return Promise.resolve();
  };
  return (
    <Dialog title={words.form.editTitle(nameOf(tunnel))} onClose={onClose}>
      {current ? (
        <EditForm handle={handle} tunnel={current} onClose={onClose} />
      ) : error ? (
        <RefusedCall handle={handle} error={error} onGiven={again} />
      ) : (
        <span className="spinner" />
      )}
    </Dialog>
  );
}

const names = (uses: readonly LocalUse[]): string => uses.map(({ profile }) => profile.name).join(', ');

export function DeleteDialog({
  handle,
  tunnel,
  uses,
  onClose,
}: Props & { readonly tunnel: ManagedTunnel; readonly uses: readonly LocalUse[] }) {
  const [error, setError] = useState<TunnelErrorData>();
  const [busy, setBusy] = useState(false);
  const running = uses.filter(({ isRunning }) => isRunning);
  const resting = uses.filter(({ isRunning }) => !isRunning);
  const remove = async (): Promise<void> => {
    setBusy(true);
    const reply = await call('management.delete', { at: handle.at, id: tunnel.id });
    setBusy(false);
    if (!reply.ok && reply.error.code !== 'tunnel_not_found') {
      setError(reply.error);
      return;
    }
    handle.drop(tunnel.id);
    onClose();
    notify({ tone: 'ok', title: words.delete.done(nameOf(tunnel)) });
  };
  return (
    <AskDialog
      title={words.delete.title(nameOf(tunnel))}
      onClose={onClose}
      kind="danger"
      icon="trash"
      action={words.delete.now}
      isDisabled={busy}
      onAction={() => void remove()}
    >
      <p>
        <code>{tunnel.id}</code>
      </p>
      <p className="muted">{words.delete.say}</p>
      {running.length > 0 && <Note tone="fault" title={words.delete.running(names(running))} />}
      {resting.length > 0 && <Note tone="warn" title={words.delete.used(names(resting))} />}
      <RefusedCall handle={handle} error={error} onGiven={remove} />
    </AskDialog>
  );
}
