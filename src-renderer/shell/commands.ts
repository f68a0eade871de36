import type { AppSnapshot, TunnelView } from '../../shared/app.ts';
import { run } from '../api.ts';
import { copyText } from '../copy.ts';
import { startDemo } from '../overview/demo.ts';
import { idleProfiles, lookOf } from '../overview/look.ts';
import { startTunnel } from '../overview/start.tsx';
import { go, pages } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import type { IconName } from '../ui/icon.tsx';
import { modifier } from './shortcuts.ts';

export interface Command {
  readonly name: string;
  readonly icon: IconName;
  readonly keys?: string;
  readonly act: () => void;
}

const words = t.palette;

function tunnelCommands({ id, snapshot, ...view }: TunnelView): Command[] {
  const { name, tunnelId } = snapshot;
  const look = lookOf({ id, snapshot, ...view });
  const found: Command[] = [
    look.on
      ? { name: words.stop(name), icon: 'pause', act: () => void run('tunnels.stop', { id }) }
      : { name: words.start(name), icon: 'play', act: () => void startTunnel(id) },
  ];
  if (look.canRetry)
    found.push({ name: words.retry(name), icon: 'retry', act: () => void run('tunnels.retry', { id }) });
  if (tunnelId) found.push({ name: words.copyId(name), icon: 'copy', act: () => void copyText(tunnelId) });
  return found;
}

function commandsOf(app: AppSnapshot): Command[] {
  const { capabilities } = app;
  const tunnels = app.tunnels.filter(({ draft }) => !draft);
  const idle = idleProfiles(app.profiles, app.tunnels);
  return [
    ...pages
      .filter((page) => page !== 'doctor' || capabilities.doctor)
      .map((page): Command => ({
        name: words.goTo(t.pages[page]),
        icon: page,
        keys: `${modifier} ${pages.indexOf(page) + 1}`,
        act: () => go(page),
      })),
    { name: words.newTunnel, icon: 'plus', keys: `${modifier} N`, act: () => go('wizard') },
    { name: words.manageTunnels, icon: 'key', act: () => go('tunnels') },
    ...(capabilities.demo ? [{ name: words.demo, icon: 'spark' as const, act: () => void startDemo() }] : []),
    ...tunnels.flatMap(tunnelCommands),
    ...idle.map(({ id, name }): Command => ({
      name: words.start(name),
      icon: 'play',
      act: () => void startTunnel(id),
    })),
    ...app.profiles.map(({ id, name }): Command => ({
      name: words.edit(name),
      icon: 'profiles',
      act: () => go('profiles', id),
    })),
    ...(tunnels.length + idle.length > 1
      ? [
          { name: words.startAll, icon: 'play' as const, act: () => void run('tunnels.startAll') },
          { name: words.stopAll, icon: 'pause' as const, act: () => void run('tunnels.stopAll') },
        ]
      : []),
    ...(['system', 'light', 'dark'] as const).map((theme): Command => ({
      name: words.theme(t.themes[theme]),
      icon: 'eye',
      act: () => void run('settings.set', { theme }),
    })),
    {
      name: words.diagnostics,
      icon: 'copy',
      act: () => void run('system.diagnostics').then((result) => result && copyText(result.text)),
    },
    { name: t.pages.about, icon: 'spark', act: () => go('about') },
    ...(capabilities.quit ? [{ name: words.quit, icon: 'close' as const, act: () => void run('system.quit') }] : []),
  ];
}

export function useCommands(): readonly Command[] {
  return commandsOf(useApp((app) => app));
}
