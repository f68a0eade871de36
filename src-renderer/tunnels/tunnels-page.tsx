import { useEffect, useState } from 'react';
import type { ProfileSummary } from '../../shared/app.ts';
import type { ControlPlaneAt, ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { profileNameFrom } from '../../shared/profile-name.ts';
import { run } from '../api.ts';
import { go } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { MoreMenu } from '../ui/menu.tsx';
import { Page } from '../ui/page.tsx';
import { AccessForm } from './access-form.tsx';
import { CreateDialog, DeleteDialog, EditDialog } from './tunnel-dialogs.tsx';
import { FilteredTunnels } from './tunnel-filter.tsx';
import { ListState } from './list-state.tsx';
import { TunnelRow } from './tunnel-row.tsx';
import { hostOf, isAboutKey, originOf, usesOf } from './tunnel-words.ts';
import { useTunnels, type TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels;
const service = 'https://api.openai.com';
/** An address is asked about when the typing pauses. */
const settleMs = 300;

type Open =
  { readonly kind: 'create' } | { readonly kind: 'edit' | 'delete'; readonly tunnel: ManagedTunnel } | undefined;

/** A profile of the same control plane says how it is reached. */
const profileFor = (baseUrl: string, profiles: readonly ProfileSummary[]): ProfileSummary | undefined =>
  profiles.find(
    ({ problem, controlPlane }) =>
      problem === undefined && originOf(controlPlane) !== undefined && originOf(controlPlane) === originOf(baseUrl),
  );

async function connect(tunnel: ManagedTunnel, controlPlane: string): Promise<void> {
  const draft = await run('drafts.create', {});
  if (!draft) return;
  const patch = { tunnelId: tunnel.id, controlPlane, name: profileNameFrom(tunnel.name) };
  if (await run('drafts.update', { id: draft.id, patch })) go('wizard', draft.id);
}

async function forget(handle: TunnelsHandle): Promise<void> {
  await handle.forgetKey();
  notify({ tone: 'ok', title: words.access.forgotten });
}

/** The list, or what stands in its place: an empty one, a wait, a refusal. */
function Listing({
  handle,
  baseUrl,
  onOpen,
}: {
  readonly handle: TunnelsHandle;
  readonly baseUrl: string;
  readonly onOpen: (open: Open) => void;
}) {
  const profiles = useApp((app) => app.profiles);
  const running = useApp((app) => app.tunnels);
  const { tunnels, scope } = handle;
  return (
    <>
      <ListState handle={handle} host={hostOf(baseUrl)} />
      {tunnels?.length === 0 && (
        <div className="card">
          <Empty
            icon="key"
            title={words.empty.title}
            actions={
              <Button kind="primary" onPress={() => onOpen({ kind: 'create' })}>
                {words.form.create}
              </Button>
            }
          >
            {words.empty.say(scope ? `${words.access.scope[scope.kind]} ${scope.id}` : '')}
          </Empty>
        </div>
      )}
      {tunnels && tunnels.length > 0 && (
        <div className="card list">
          <FilteredTunnels
            tunnels={tunnels}
            row={(tunnel) => (
              <TunnelRow
                key={tunnel.id}
                tunnel={tunnel}
                uses={usesOf(tunnel.id, originOf(baseUrl), profiles, running)}
                onEdit={() => onOpen({ kind: 'edit', tunnel })}
                onConnect={() => void connect(tunnel, baseUrl)}
                onDelete={() => onOpen({ kind: 'delete', tunnel })}
              />
            )}
          />
        </div>
      )}
    </>
  );
}

/** The tunnels of a control plane, for whoever has its admin key. */
export function ManagedTunnelsPage() {
  const profiles = useApp((app) => app.profiles);
  const running = useApp((app) => app.tunnels);
  const [baseUrl, setBaseUrl] = useState(() => profiles.find(({ problem }) => !problem)?.controlPlane ?? service);
  const [address, setAddress] = useState(baseUrl);
  useEffect(() => {
    const timer = setTimeout(() => setBaseUrl(address), settleMs);
    return () => clearTimeout(timer);
  }, [address]);
  const profile = profileFor(baseUrl, profiles);
  const at: ControlPlaneAt = profile ? { profile: profile.id } : { baseUrl };
  const handle = useTunnels(at);
  const [changing, setChanging] = useState(false);
  const [open, setOpen] = useState<Open>();
  const { key, scope, tunnels, error, loading } = handle;
  const host = hostOf(baseUrl);

  const asks = changing || (key ? key.kept === 'none' || !scope || isAboutKey(error) : !loading);
  const uses = (tunnel: ManagedTunnel) => usesOf(tunnel.id, originOf(baseUrl), profiles, running);
  return (
    <Page
      title={t.pages.tunnels}
      say={
        asks || !scope || !key
          ? words.say(host)
          : `${words.say(host)}, ${words.access.scope[scope.kind]} ${scope.id}, ${words.access.kept[key.kept]}`
      }
      actions={
        !asks &&
        key && (
          <>
            <Button kind="quiet" onPress={() => setChanging(true)}>
              {words.access.change}
            </Button>
            <IconButton icon="retry" label={words.refresh} isDisabled={loading} onPress={() => void handle.refresh()} />
            <MoreMenu
              label={t.more(t.pages.tunnels)}
              entries={[{ label: words.access.forget, icon: 'key', danger: true, onAction: () => void forget(handle) }]}
            />
            <Button kind="primary" isDisabled={!tunnels} onPress={() => setOpen({ kind: 'create' })}>
              {words.form.create}
            </Button>
          </>
        )
      }
    >
      {asks ? (
        <section className="card wiz" aria-labelledby="tunnels-access">
          <div className="wiz-head">
            <h2 id="tunnels-access">{words.access.title}</h2>
          </div>
          <AccessForm
            handle={handle}
            settled={address === baseUrl}
            before={
              <Field
                label={words.access.controlPlane}
                mono
                hint={profile && words.access.asProfile(profile.name)}
                value={address}
                onChange={(value) => {
                  setChanging(true);
                  setAddress(value);
                }}
              />
            }
            onOpened={() => setChanging(false)}
            onCancel={changing && tunnels ? () => setChanging(false) : undefined}
          />
        </section>
      ) : (
        <Listing handle={handle} baseUrl={baseUrl} onOpen={setOpen} />
      )}
      {open?.kind === 'create' && <CreateDialog handle={handle} onClose={() => setOpen(undefined)} />}
      {open?.kind === 'edit' && <EditDialog handle={handle} tunnel={open.tunnel} onClose={() => setOpen(undefined)} />}
      {open?.kind === 'delete' && (
        <DeleteDialog
          handle={handle}
          tunnel={open.tunnel}
          uses={uses(open.tunnel)}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Page>
  );
}
