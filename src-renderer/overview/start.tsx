import { useSyncExternalStore } from 'react';
import { call } from '../api.ts';
import { notifyFailure } from '../shell/notices.tsx';
import { ConsentDialog } from './consent-dialog.tsx';

interface Asked {
  readonly id: string;
  readonly channel: string;
}

let asked: Asked | undefined;
const listeners = new Set<() => void>();

function ask(next: Asked | undefined): void {
  asked = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Starts a tunnel; each command of it that nobody has agreed to yet is shown first. */
export async function startTunnel(id: string): Promise<void> {
  const reply = await call('tunnels.start', { id });
  if (reply.ok) return;
  const { code, params } = reply.error;
  if (code === 'command_not_approved') ask({ id, channel: String(params['channel'] ?? 'main') });
  else notifyFailure(reply.error);
}

/** The question that a start from anywhere in the window may raise. */
export function StartConsent() {
  const open = useSyncExternalStore(subscribe, () => asked);
  if (!open) return null;
  const { id, channel } = open;
  return (
    <ConsentDialog
      key={`${id} ${channel}`}
      id={id}
      channel={channel}
      onClose={() => ask(undefined)}
      onAgreed={() => startTunnel(id)}
    />
  );
}
