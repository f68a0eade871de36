import type { Verdict } from '../../shared/evidence.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';

export type NoticeKind = 'lost' | 'refused' | 'crash-loop' | 'recovered';

export interface Notice {
  readonly kind: NoticeKind;
  readonly tunnel: string;
  readonly name: string;
  readonly verdict: Verdict;
}

interface Watched {
  readonly trouble: Exclude<NoticeKind, 'recovered'> | undefined;
  readonly since: number;
  readonly told: boolean;
  readonly lastToldAt: number;
}

export type NoticeState = Readonly<Record<string, Watched>>;

/** A connection may be away this long before anyone is disturbed. */
const graceMs = 30_000;
/** One tunnel disturbs at most this often, recoveries aside. */
const throttleMs = 300_000;

function troubleOf(snapshot: TunnelSnapshot): Watched['trouble'] {
  if (snapshot.state.kind === 'unauthorised') return 'refused';
  if (snapshot.channels.some((channel) => channel.state.kind === 'crash-loop')) return 'crash-loop';
  return snapshot.state.kind === 'waiting' ? 'lost' : undefined;
}

/**
 * What is worth a notification: a connection lost for more than a grace time, a refused key, a crash loop, and the end
 * of whichever was told. A pure step: state in, state and notices out.
 *
 * @param now - wall-clock milliseconds
 */
export function watch(
  state: NoticeState,
  tunnels: readonly { readonly snapshot: TunnelSnapshot; readonly verdict: Verdict }[],
  now: number,
): { readonly state: NoticeState; readonly notices: readonly Notice[] } {
  const next: Record<string, Watched> = {};
  const notices: Notice[] = [];
  for (const { snapshot, verdict } of tunnels) {
    const before = state[snapshot.id] ?? { trouble: undefined, since: now, told: false, lastToldAt: -Infinity };
    const trouble = troubleOf(snapshot);
    const tell = (kind: NoticeKind) => notices.push({ kind, tunnel: snapshot.id, name: snapshot.name, verdict });
    if (trouble === undefined) {
      const stoppedByHand = snapshot.state.kind === 'stopped' || snapshot.state.kind === 'stopping';
      const starting = snapshot.state.kind === 'starting';
      if (before.told && !stoppedByHand && !starting) tell('recovered');
      next[snapshot.id] = starting ? before : { ...before, trouble: undefined, since: now, told: false };
      continue;
    }
    const same = before.trouble === trouble;
    const since = same ? before.since : now;
    const due = trouble === 'lost' ? now - since >= graceMs : true;
    const alreadyTold = same && before.told;
    const quiet = now - before.lastToldAt < throttleMs;
    const tellNow = due && !alreadyTold && !quiet;
    if (tellNow) tell(trouble);
    next[snapshot.id] = {
      trouble,
      since,
      told: alreadyTold || tellNow || (before.told && !same),
      lastToldAt: tellNow ? now : before.lastToldAt,
    };
  }
  return { state: next, notices };
}
