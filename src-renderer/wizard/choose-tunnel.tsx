import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Draft } from '../../shared/draft.ts';
import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { call } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { AccessForm } from '../tunnels/access-form.tsx';
import { FilteredTunnels } from '../tunnels/tunnel-filter.tsx';
import { blankFor, TunnelFields, useTunnelForm } from '../tunnels/tunnel-form.tsx';
import { hostOf, isAboutKey, nameOf, originOf, ownersOf, usesOf } from '../tunnels/tunnel-words.ts';
import { ListState } from '../tunnels/list-state.tsx';
import { useTunnels, type TunnelsHandle } from '../tunnels/use-tunnels.ts';
import { Button } from '../ui/button.tsx';
import { AskActions, Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';

const words = t.tunnels;

interface CreateProps {
  readonly handle: TunnelsHandle;
  readonly name: string;
  readonly onBack: () => void;
  readonly onCreated: (tunnel: ManagedTunnel) => void;
}

function Create({ handle, name, onBack, onCreated }: CreateProps) {
  const form = useTunnelForm(blankFor(handle.scope, name));
  const submit = async (): Promise<void> => {
    await form.send(async (tunnel) => {
      const reply = await call('management.create', { at: handle.at, tunnel });
      if (!reply.ok) return reply.error;
      onCreated(reply.value);
      return undefined;
    });
  };
  return (
    <>
      <TunnelFields form={form} handle={handle} onSubmit={submit} />
      <div className="actions">
        <AskActions
          cancel={words.choose.back}
          action={words.form.createNow}
          isDisabled={form.blocked}
          onAction={() => void submit()}
          onCancel={onBack}
        />
      </div>
    </>
  );
}

interface PickProps {
  readonly handle: TunnelsHandle;
  readonly controlPlane: string;
  readonly onChange: () => void;
  readonly onCreate: () => void;
  readonly onClose: () => void;
  readonly onChosen: (tunnel: ManagedTunnel) => void;
}

function Pick({ handle, controlPlane, onChange, onCreate, onClose, onChosen }: PickProps) {
  const profiles = useApp((app) => app.profiles);
  const running = useApp((app) => app.tunnels);
  const { tunnels, scope } = handle;
  return (
    <>
      {scope && (
        <p className="row-gap muted">
          <span className="grow">
            {words.choose.say(hostOf(controlPlane))}, {words.access.scope[scope.kind]} <code>{scope.id}</code>
          </span>
          <Button kind="quiet" onPress={onChange}>
            {words.access.change}
          </Button>
        </p>
      )}
      <ListState handle={handle} host={hostOf(controlPlane)} />
      {tunnels?.length === 0 && (
        <Empty icon="key" title={words.empty.title}>
          {words.empty.say(scope ? `${words.access.scope[scope.kind]} ${scope.id}` : '')}
        </Empty>
      )}
      {tunnels && tunnels.length > 0 && (
        <div className="list framed tunnel-pick">
          <FilteredTunnels
            tunnels={tunnels}
            autoFocus
            row={(tunnel) => {
              const uses = usesOf(tunnel.id, originOf(controlPlane), profiles, running);
              return (
                <li key={tunnel.id}>
                  <AriaButton
                    className="row-press"
                    aria-label={words.choose.use(nameOf(tunnel))}
                    onPress={() => onChosen(tunnel)}
                  >
                    <span className="grow name-over">
                      <b className="clip">{nameOf(tunnel)}</b>
                      <code className="clip">{tunnel.id}</code>
                      <span className="faint small clip">{tunnel.description.trim() || ownersOf(tunnel)}</span>
                    </span>
                    {uses.length > 0 && (
                      <span className="faint small">
                        {words.usedBy} {uses.map(({ profile }) => profile.name).join(', ')}
                      </span>
                    )}
                    <Icon name="right" />
                  </AriaButton>
                </li>
              );
            }}
          />
        </div>
      )}
      <div className="actions">
        <AskActions
          kind="plain"
          icon="plus"
          action={words.choose.create}
          isDisabled={!tunnels}
          onAction={onCreate}
          onCancel={onClose}
        />
      </div>
    </>
  );
}

interface Props {
  readonly draft: Draft;
  readonly onChosen: (tunnel: ManagedTunnel, isNew: boolean) => void;
  readonly onClose: () => void;
}

/** For whoever has an admin key and no tunnel id: one is picked from those that are there, or made. */
export function ChooseTunnel({ draft, onChosen, onClose }: Props) {
  const handle = useTunnels({ draft: draft.id });
  const [view, setView] = useState<'list' | 'access' | 'create'>('list');
  const { key, scope, error, loading } = handle;
  const asks =
    view === 'access' || (view === 'list' && (key ? key.kept === 'none' || !scope || isAboutKey(error) : !loading));
  return (
    <Dialog
      title={asks ? words.access.title : view === 'create' ? words.form.createTitle : words.choose.title}
      wide={view === 'list' && !asks}
      onClose={onClose}
    >
      {asks ? (
        <AccessForm
          handle={handle}
          onOpened={() => setView('list')}
          onCancel={view === 'access' && handle.tunnels ? () => setView('list') : onClose}
        />
      ) : view === 'create' ? (
        <Create
          handle={handle}
          name={draft.name}
          onBack={() => setView('list')}
          onCreated={(tunnel) => onChosen(tunnel, true)}
        />
      ) : (
        <Pick
          handle={handle}
          controlPlane={draft.controlPlane}
          onChange={() => setView('access')}
          onCreate={() => setView('create')}
          onClose={onClose}
          onChosen={(tunnel) => onChosen(tunnel, false)}
        />
      )}
    </Dialog>
  );
}
