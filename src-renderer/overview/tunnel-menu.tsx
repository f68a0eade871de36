import type { TunnelView } from '../../shared/app.ts';
import { quoteFilter } from '../../shared/trace-filter.ts';
import { run } from '../api.ts';
import { copyText } from '../copy.ts';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { MoreMenu } from '../ui/menu.tsx';
import { lookOf } from './look.ts';

const words = t.overview.actions;

export function TunnelMenu({ view }: { readonly view: TunnelView }) {
  const { id, snapshot, mcpUrl, demo } = view;
  const look = lookOf(view);
  const hasProfile = useApp((app) => app.profiles.some((profile) => profile.id === id));
  const hasDoctor = useApp((app) => app.capabilities.doctor);
  const { tunnelId, name } = snapshot;
  return (
    <MoreMenu
      label={t.more(name)}
      entries={[
        { label: words.traces, icon: 'traces', onAction: () => go('traces', `tunnel:${quoteFilter(name)}`) },
        hasProfile ? { label: words.editProfile, icon: 'profiles', onAction: () => go('profiles', id) } : undefined,
        hasDoctor ? { label: words.doctor, icon: 'doctor', onAction: () => go('doctor', id) } : undefined,
        '-',
        tunnelId ? { label: words.copyId, icon: 'copy', onAction: () => void copyText(tunnelId) } : undefined,
        mcpUrl === undefined
          ? undefined
          : { label: words.copyUrl, icon: 'copy', onAction: () => void copyText(mcpUrl) },
        look.canRetry
          ? { label: words.retry, icon: 'retry', onAction: () => void run('tunnels.retry', { id }) }
          : undefined,
        look.on && !demo
          ? { label: words.pause, icon: 'clock', onAction: () => void run('tunnels.pause', { id, minutes: 60 }) }
          : undefined,
        snapshot.state.kind === 'stopping'
          ? { label: words.forceStop, icon: 'close', danger: true, onAction: () => void run('tunnels.stop', { id }) }
          : undefined,
      ]}
    />
  );
}
