import type { Verdict } from '../../shared/evidence.ts';
import type { Settings } from '../../shared/settings.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { expiryError, expiryWarning } from '../../shared/certificates.ts';
import { layerOf } from '../../shared/error-layer.ts';

export type NoticeKind = 'lost' | 'refused' | 'crash-loop' | 'recovered' | 'certificate';

export interface Notice {
  readonly kind: NoticeKind;
  readonly tunnel: string;
  readonly name: string;
  readonly verdict: Verdict;
}

const settingOf = {
  lost: 'lost',
  refused: 'keyRefused',
  'crash-loop': 'crashLoop',
  recovered: 'recovered',
  certificate: 'certificate',
} as const satisfies Record<NoticeKind, keyof Settings['notifications']>;

/** Whether a person wants to be told: each kind has its switch in the settings. */
export const isWanted = ({ kind }: Notice, wanted: Settings['notifications']): boolean => wanted[settingOf[kind]];

interface Watched {
  readonly trouble: Exclude<NoticeKind, 'recovered' | 'certificate'> | undefined;
  readonly since: number;
  readonly told: boolean;
  readonly lastToldAt: number;
  /** What each certificate was warned of last: 30, 7, 1 or 0 days, by its subject and end. */
  readonly certificates: Readonly<Record<string, number>>;
}

export type NoticeState = Readonly<Record<string, Watched>>;

/** A connection may be away this long before anyone is disturbed. */
const graceMs = 30_000;
/** One tunnel disturbs at most this often, recoveries aside. */
const throttleMs = 300_000;

/** Certificates that reached 30, 7 or 1 days, each told once. */
function endingCertificates(
  { id, name, certificates = [] }: TunnelSnapshot,
  told: Watched['certificates'],
  now: number,
): { readonly told: Watched['certificates']; readonly notices: readonly Notice[] } {
  const next: Record<string, number> = { ...told };
  const notices = certificates.flatMap((certificate): Notice[] => {
    const warning = expiryWarning(certificate, now);
    const key = `${certificate.subject} ${certificate.notAfter}`;
    if (warning === undefined || warning >= (next[key] ?? Infinity)) return [];
    next[key] = warning;
    const error = expiryError(certificate, now);
    return [{ kind: 'certificate', tunnel: id, name, verdict: { layer: layerOf(error), reason: 'fault', error } }];
  });
  return { told: next, notices };
}

function troubleOf(snapshot: TunnelSnapshot): Watched['trouble'] {
  if (snapshot.state.kind === 'unauthorised') return 'refused';
  if (snapshot.channels.some((channel) => channel.state.kind === 'crash-loop')) return 'crash-loop';
  return snapshot.state.kind === 'waiting' ? 'lost' : undefined;
}

/**
 * What is worth a notification: a connection lost for more than a grace time, a refused key, a crash loop, and the end
 * of whichever was told; and certificates that end soon. A pure step: state in, state and notices out.
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
    const before = state[snapshot.id] ?? {
      trouble: undefined,
      since: now,
      told: false,
      lastToldAt: -Infinity,
      certificates: {},
    };
    const ending = endingCertificates(snapshot, before.certificates, now);
    const certificates = ending.told;
    notices.push(...ending.notices);
    const trouble = troubleOf(snapshot);
    const tell = (kind: NoticeKind) => notices.push({ kind, tunnel: snapshot.id, name: snapshot.name, verdict });
    if (trouble === undefined) {
      const stoppedByHand = snapshot.state.kind === 'stopped' || snapshot.state.kind === 'stopping';
      const starting = snapshot.state.kind === 'starting';
      if (before.told && !stoppedByHand && !starting) tell('recovered');
      next[snapshot.id] = starting
        ? { ...before, certificates }
        : { ...before, certificates, trouble: undefined, since: now, told: false };
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
      certificates,
    };
  }
  return { state: next, notices };
}
