import { Notification } from 'electron';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { watch, type Notice, type NoticeState } from './notification-rules.ts';
import type { TrayTunnel } from './tray-model.ts';

/** Shows what notification-rules.ts finds worth saying; a click opens the fault. */
export class Notifications {
  readonly #open: (tunnel: string) => void;
  /** Kept until dismissed: a collected notification has no click. */
  readonly #shown = new Map<string, Notification>();
  #state: NoticeState = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(open: (tunnel: string) => void) {
    this.#open = open;
  }

  update(tunnels: readonly TrayTunnel[], enabled: boolean): void {
    const { state, notices } = watch(this.#state, tunnels, Date.now());
    this.#state = state;
    clearTimeout(this.#timer);
    // a loss becomes worth saying by time alone: look again while one is pending
    if (Object.values(state).some(({ trouble, told }) => trouble !== undefined && !told)) {
      this.#timer = setTimeout(() => this.update(tunnels, enabled), 5_000);
    }
    if (enabled && Notification.isSupported()) for (const notice of notices) this.#show(notice);
  }

  #show({ kind, tunnel, name, verdict }: Notice): void {
    const words = describeVerdict(verdict);
    const notification = new Notification({
      title: kind === 'recovered' ? `${name} works again` : `${name}: ${words.title}`,
      body: kind === 'recovered' ? words.title : `${words.cause} ${words.next}`,
      urgency: kind === 'refused' ? 'critical' : 'normal',
      silent: kind === 'recovered',
    });
    this.#shown.get(tunnel)?.close();
    this.#shown.set(tunnel, notification);
    notification.on('click', () => this.#open(tunnel));
    notification.on('close', () => {
      if (this.#shown.get(tunnel) === notification) this.#shown.delete(tunnel);
    });
    notification.show();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const notification of this.#shown.values()) notification.close();
  }
}
