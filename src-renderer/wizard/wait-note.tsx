import type { DraftWait } from '../../shared/managed-tunnel.ts';
import { describe } from '../../shared/messages.ts';
import { duration, until } from '../format.ts';
import { useNow } from '../now.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';

const words = t.tunnels.wait;

/** How long it takes as a rule, and from when on that is worth a word. */
const usual = { 'new-tunnel': 30_000, 'new-role': 30 * 60_000 } as const;
const longTunnelMs = 45_000;

function say({ why, since, until: limit, attempts, nextTryAt, error }: DraftWait, now: number): string {
  const spent = duration(Math.max(0, Math.floor((now - since) / 1000) * 1000));
  const next = until(nextTryAt, now);
  if (why === 'new-role') return words.roleSay(attempts, spent, next);
  return now - since < longTunnelMs
    ? words.tunnelSay(spent, next)
    : words.tunnelLong(spent, describe(error).title, duration(limit - since));
}

/** What is waited for, how far it is, and the way to stop: no failure, and not told as one. */
export function WaitNote({ wait, onStop }: { readonly wait: DraftWait; readonly onStop: () => void }) {
  const now = useNow();
  const share = Math.min(1, Math.max(0, (now - wait.since) / usual[wait.why]));
  return (
    <div className="wait-note">
      <div className="row-gap">
        <span className="spinner" />
        <b className="grow" role="status">
          {wait.why === 'new-tunnel' ? words.tunnel : words.role}
        </b>
        <Button onPress={onStop}>{words.stop}</Button>
      </div>
      <div
        className="wait-bar"
        role="progressbar"
        aria-label={words.progress}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <p className="muted num">{say(wait, now)}</p>
      {wait.why === 'new-role' && <p className="muted">{words.roleMore}</p>}
    </div>
  );
}
