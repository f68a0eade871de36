import { Notification } from 'electron';
import type { Settings } from '../../shared/settings.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { isWanted, watch, type Notice, type NoticeState } from './notification-rules.ts';
import type { TrayTunnel } from './tray-model.ts';

/** Shows what notification-rules.ts finds worth saying; a click opens the fault. */
export class Notifications {
  readonly #open: (tunnel: string) => void;
  readonly #wanted: () => Settings['notifications'];
  /** Kept until dismissed: a collected notification has no click. */
  readonly #shown = new Map<string, Notification>();
  #state: NoticeState = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(open: (tunnel: string) => void, wanted: () => Settings['notifications']) {
    this.#open = open;
    this.#wanted = wanted;
  }

  update(tunnels: readonly TrayTunnel[]): void {
    const { state, notices } = watch(this.#state, tunnels, Date.now());
    this.#state = state;
    clearTimeout(this.#timer);
    // a loss becomes worth saying by time alone: look again while one is pending
    if (Object.values(state).some(({ trouble, told }) => trouble !== undefined && !told)) {
      this.#timer = setTimeout(() => this.update(tunnels), 5_000);
    }
    if (!Notification.isSupported()) return;
    const wanted = this.#wanted();
    for (const notice of notices) {
      if (isWanted(notice, wanted)) this.#show(notice);
    }
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
