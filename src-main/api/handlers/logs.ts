import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { LogLine } from '../../../shared/log.ts';
import type { Log } from '../../observe/log.ts';

/** Lines go out together, ten times a second; of a flood only the last so many. */
const sendEveryMs = 100;
const mostLines = 500;

interface Follower {
  lines: LogLine[];
  dropped: number;
  timer: NodeJS.Timeout | undefined;
  readonly stop: () => void;
}

export function logHandlers(log: Log): Pick<Handlers, 'logs.follow' | 'logs.unfollow'> {
  const followers = new Map<Caller, Follower>();

  const follow = (caller: Caller): void => {
    if (followers.has(caller)) return;
    const send = () => {
      follower.timer = undefined;
      caller.send('logs.lines', { lines: follower.lines, dropped: follower.dropped });
      follower.lines = [];
      follower.dropped = 0;
    };
    const unsubscribe = log.onLine((line) => {
      follower.lines.push(line);
      if (follower.lines.length > mostLines) {
        follower.lines.shift();
        follower.dropped++;
      }
      follower.timer ??= setTimeout(send, sendEveryMs);
    });
    const follower: Follower = {
      lines: [],
      dropped: 0,
      timer: undefined,
      stop: () => {
        unsubscribe();
        clearTimeout(follower.timer);
        followers.delete(caller);
      },
    };
    followers.set(caller, follower);
    caller.onGone(() => followers.get(caller)?.stop());
  };

  return {
    'logs.follow': ({ limit }, caller) => {
      follow(caller);
      return { lines: [...log.recent(limit)], level: log.level };
    },
    'logs.unfollow': (_args, caller) => followers.get(caller)?.stop(),
  };
}
