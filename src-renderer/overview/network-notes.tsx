import type { TunnelErrorData } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';
import { describeSilence } from '../../shared/silence-words.ts';
import { expiryError, expiryWarning, type TunnelSnapshot } from '../../shared/tunnel.ts';
import { duration } from '../format.ts';
import { t } from '../strings.ts';
import { Prose } from '../ui/prose.tsx';
import { Note } from '../ui/tone.tsx';

const words = t.overview.network;

interface Props {
  readonly snapshot: TunnelSnapshot;
  /** What the fault note says already. */
  readonly told: TunnelErrorData | undefined;
  readonly now: number;
}

const same = (a: TunnelErrorData | undefined, b: TunnelErrorData | undefined): boolean =>
  a !== undefined && a.code === b?.code && a.params['proxy'] === b.params['proxy'];

/** What works for now but will not for long, or costs something: on the way, not in the tunnel's state. */
export function NetworkNotes({ snapshot, told, now }: Props) {
  const { proxies = [], certificates = [], pollCut, silence } = snapshot;
  const silent = silence && describeSilence(silence);
  const ending = certificates.filter((certificate) => expiryWarning(certificate, now) !== undefined);
  return (
    <>
      {ending.map((certificate) => {
        const { title, cause, next } = describe(expiryError(certificate, now));
        return (
          <Note key={`${certificate.of} ${certificate.subject}`} tone="warn" title={`${title}.`}>
            <Prose text={`${cause} ${next}`} />
          </Note>
        );
      })}
      {proxies
        .filter(({ state, error }) => state === 'unhealthy' && !same(error, told))
        .map(({ route, name, proxy, error }) => {
          const said = error && describe(error);
          return (
            <Note key={`${route} ${name ?? ''}`} tone="warn" title={words.proxyDown(proxy)}>
              {said && <Prose text={`${said.cause} ${said.next}`} />}
            </Note>
          );
        })}
      {silent && (
        <Note tone="warn" title={`${silent.title}.`}>
          <Prose text={`${silent.cause} ${silent.next}`} />
        </Note>
      )}
      {pollCut && (
        <Note tone="warn" title={words.pollCut(duration(pollCut.cutAfterMs))}>
          {words.pollCutMore(duration(pollCut.waitMs))}
        </Note>
      )}
    </>
  );
}
