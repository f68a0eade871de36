import { describe, expect, it } from 'vitest';
import { TunnelError, type ErrorCode } from '../../shared/errors.ts';
import type { Pending, PollListener, PollOutcome } from '../../src-main/control-plane/client.ts';
import type { Command } from '../../src-main/call/command.ts';
import { readPollBody, type PollBody } from '../../src-main/control-plane/commands.ts';
import { Poller, type PollerOptions } from '../../src-main/tunnel/poller.ts';
import { command, envelope } from '../fakes/control-plane.ts';
import { FakeClock } from '../support/fake-clock.ts';

const bodyOf = (...ids: string[]): PollBody =>
  readPollBody(envelope(ids.map((id) => command({ request_id: id, jsonrpc: { jsonrpc: '2.0', id, method: 'm' } }))), {
    now: 0,
    wall: 0,
  });

class FakePoll implements Pending {
  written = true;
  aborted: TunnelError | undefined;
  readonly limit: number;
  readonly waitMs: number;
  readonly listener: PollListener;

  constructor(limit: number, waitMs: number, listener: PollListener) {
    this.limit = limit;
    this.waitMs = waitMs;
    this.listener = listener;
  }

  abort(error: TunnelError): void {
    this.aborted = error;
    this.listener.done({ ok: false, error, written: true });
  }

  headers(): this {
    this.listener.headers();
    return this;
  }

  brings(...ids: string[]): void {
    this.headers().body(...ids);
  }

  body(...ids: string[]): void {
    this.listener.done({ ok: true, ...bodyOf(...ids) });
  }

  empty(): void {
    this.listener.done({ ok: true, commands: [], skipped: [] });
  }

  fails(code: ErrorCode, retryAfterMs?: number): void {
    const outcome: PollOutcome = { ok: false, error: new TunnelError(code, 'control-plane'), written: true };
    this.listener.done(retryAfterMs === undefined ? outcome : { ...outcome, retryAfterMs });
  }
}

interface Rig {
  readonly clock: FakeClock;
  readonly poller: Poller;
  /** Every poll that was sent, oldest first. */
  readonly polls: FakePoll[];
  readonly delivered: string[];
  readonly failures: {
    readonly code: string;
    readonly attempt: number;
    readonly waitMs: number;
    readonly refusals: number;
  }[];
  readonly told: string[];
  /** Room in the queue. */
  room: number;
}

function rig(options: Partial<PollerOptions> = {}): Rig {
  const clock = new FakeClock();
  const polls: FakePoll[] = [];
  const made: Omit<Rig, 'poller'> = { clock, polls, delivered: [], failures: [], told: [], room: 20 };
  const self = made as Rig & { poller: Poller };
  self.poller = new Poller({
    client: {
      poll: (limit, waitMs, listener) => {
        const poll = new FakePoll(limit, waitMs, listener);
        polls.push(poll);
        return poll;
      },
    },
    clock,
    timeoutMs: 30_000,
    guardrailMs: 5_000,
    intervalMs: 0,
    maxPolls: 8,
    roundTripMs: () => 80,
    free: () => self.room,
    deliver: ({ commands }) => self.delivered.push(...commands.map((one: Command) => one.requestId)),
    succeeded: () => self.told.push('succeeded'),
    failed: (error, attempt, waitMs, refusals) => self.failures.push({ code: error.code, attempt, waitMs, refusals }),
    cut: ({ cutAfterMs, waitMs }) => self.told.push(`cut ${cutAfterMs} ${waitMs}`),
    ...options,
  });
  self.poller.start();
  return self;
}

/** The same, once a poll was answered: what is out asks to be held for the whole time. */
function proved(options: Partial<PollerOptions> = {}): Rig {
  const self = rig(options);
  self.polls[0]!.empty();
  self.polls.shift();
  self.told.length = 0;
  return self;
}

const outstanding = ({ poller }: Rig): number => poller.out;

describe('how many polls are out', () => {
  it('is one when it is quiet, and the first asks for the whole queue', () => {
    const { polls, clock, ...rest } = proved();
    expect(polls.map(({ limit, waitMs }) => [limit, waitMs])).toEqual([[20, 30_000]]);
    clock.pass(30_000);
    polls[0]!.empty();
    expect(polls).toHaveLength(2);
    expect(rest.poller.out).toBe(1);
  });

  it('is never asked for more than 25 commands', () => {
    const self = rig({ free: () => 400 });
    expect(self.polls[0]!.limit).toBe(25);
  });

  it('grows by one with each answer that brings commands before its time is over, up to the limit', () => {
    const self = rig({ maxPolls: 3 });
    for (let answered = 0; answered < 6; answered++) {
      self.clock.pass(10);
      self.polls[answered]!.brings(`r${answered}`);
      expect(outstanding(self)).toBe(Math.min(3, answered + 2));
    }
  });

  it('stays one next to the control plane, and goes back to one when it turns out to be near', () => {
    let roundTripMs = 80;
    const self = rig({ roundTripMs: () => roundTripMs });
    self.polls[0]!.brings('a');
    expect(outstanding(self)).toBe(2);
    roundTripMs = 0.3;
    for (let answered = 1; answered < 6; answered++) self.polls[answered]!.brings(`r${answered}`);
    expect(outstanding(self)).toBe(1);
    self.polls[6]!.headers();
    expect(outstanding(self)).toBe(1);
  });

  it('does not grow with answers that bring nothing, whichever way they say so', () => {
    const self = rig();
    for (let answered = 0; answered < 5; answered++) {
      self.clock.pass(29_900);
      if (answered % 2) self.polls[answered]!.empty();
      else self.polls[answered]!.brings();
      expect(outstanding(self)).toBe(1);
    }
  });

  it('goes back to one when it is quiet again', () => {
    const self = rig();
    self.polls[0]!.brings('a');
    self.polls[1]!.brings('b');
    expect(outstanding(self)).toBe(3);
    for (const poll of self.polls.slice(2)) poll.empty();
    expect(outstanding(self)).toBe(1);
  });

  it('goes back to one at 429, and stays there until the time that it names is over', () => {
    const self = rig();
    self.polls[0]!.brings('a');
    self.polls[1]!.brings('b');
    const [first, second, third] = self.polls.slice(2);
    first!.fails('rate_limited', 20_000);
    second!.brings('c');
    third!.empty();
    expect(outstanding(self)).toBe(0);
    self.clock.pass(19_999);
    expect(outstanding(self)).toBe(0);
    self.clock.pass(1);
    expect(outstanding(self)).toBe(1);
  });

  it('is exactly one, its body included, when one is the limit', () => {
    const self = rig({ maxPolls: 1 });
    for (let answered = 0; answered < 4; answered++) {
      self.polls[answered]!.headers();
      expect(self.polls).toHaveLength(answered + 1);
      self.polls[answered]!.body('a', 'b');
      expect(self.polls).toHaveLength(answered + 2);
    }
  });

  it('shares the room in the queue, less what others that are out may bring', () => {
    const self = rig();
    self.room = 20;
    self.polls[0]!.brings('a');
    expect(self.polls.slice(1).map(({ limit }) => limit)).toEqual([10, 10]);
    self.room = 4;
    self.polls[1]!.headers();
    // the two that are out may bring twenty between them: there is no room to promise
    expect(self.polls).toHaveLength(3);
    self.polls[1]!.body('b');
    self.polls[2]!.brings('c');
    expect(self.polls.slice(3).reduce((sum, { limit }) => sum + limit, 0)).toBe(4);
  });

  it('is none while the queue is full, and one again when there is room', () => {
    const self = rig();
    self.room = 0;
    self.polls[0]!.brings('a');
    expect(outstanding(self)).toBe(0);
    self.room = 3;
    self.poller.fill();
    expect(self.polls.slice(1).reduce((sum, { limit }) => sum + limit, 0)).toBe(3);
  });
});

describe('commands go on', () => {
  const two = (): Rig => {
    const self = rig();
    self.polls[0]!.brings('first');
    return self;
  };

  it('in the order in which their polls’ headers arrived, however late an earlier body is', () => {
    const self = two();
    self.polls[1]!.headers();
    self.polls[2]!.headers().body('later');
    self.clock.pass(249);
    expect(self.delivered).toEqual(['first']);
    self.polls[1]!.body('earlier');
    expect(self.delivered).toEqual(['first', 'earlier', 'later']);
  });

  it('after 250 ms without an earlier body that does not come', () => {
    const self = two();
    self.polls[1]!.headers();
    self.polls[2]!.headers().body('later');
    self.clock.pass(250);
    expect(self.delivered).toEqual(['first', 'later']);
    self.polls[1]!.body('earlier');
    expect(self.delivered).toEqual(['first', 'later', 'earlier']);
  });

  it('also those that came whole before a body broke off', () => {
    const self = two();
    const error = new TunnelError('poll_cut', 'control-plane');
    self.polls[1]!.headers().listener.done({ ok: false, error, written: true, body: bodyOf('whole') });
    expect(self.delivered).toEqual(['first', 'whole']);
    expect(self.failures).toHaveLength(1);
  });
});

describe('a poll that fails', () => {
  it('is tried again after a time that doubles, half of it left to chance, up to half a minute', () => {
    for (const chance of [0, 0.999999]) {
      const self = rig();
      self.clock.chance = chance;
      for (let attempt = 1; attempt <= 9; attempt++) {
        self.polls.at(-1)!.fails('connect_refused');
        const full = Math.min(30_000, 500 * 2 ** (attempt - 1));
        const { waitMs } = self.failures.at(-1)!;
        expect(self.failures.at(-1)).toMatchObject({ attempt });
        expect(waitMs).toBeGreaterThanOrEqual(full / 2);
        expect(waitMs).toBeLessThanOrEqual(full);
        self.clock.pass(waitMs);
        expect(self.polls).toHaveLength(attempt + 1);
      }
    }
  });

  it('starts from the shortest wait again after a good one', () => {
    const self = rig();
    for (let n = 0; n < 3; n++) {
      self.polls.at(-1)!.fails('connect_refused');
      self.clock.pass(2_000);
    }
    self.polls.at(-1)!.empty();
    self.polls.at(-1)!.fails('connect_refused');
    expect(self.failures.at(-1)).toMatchObject({ attempt: 1 });
  });

  it.each([
    'unauthorized',
    'forbidden',
    'redirected',
    'unexpected_status',
    'tunnel_not_found',
    'intercepted',
    'control_plane_error',
    'key_missing',
  ] as const)(
    'with %s is tried again after about 1 s, then 2, 4, 8 … to a minute, and at once for a person',
    (code) => {
      for (const chance of [0, 0.999999]) {
        const self = rig();
        self.clock.chance = chance;
        for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
          self.polls.at(-1)!.fails(code);
          const { waitMs } = self.failures.at(-1)!;
          expect(waitMs).toBeGreaterThanOrEqual(seconds * 900);
          expect(waitMs).toBeLessThanOrEqual(Math.min(60_000, seconds * 1_100));
          self.clock.pass(waitMs - 1);
          expect(self.polls).toHaveLength(self.failures.length);
          self.clock.pass(1);
          expect(self.polls).toHaveLength(self.failures.length + 1);
        }
        self.polls.at(-1)!.fails(code);
        self.poller.nudge();
        expect(self.polls).toHaveLength(self.failures.length + 1);
      }
    },
  );

  it('with an odd answer after an outage waits as for the first of its kind', () => {
    const self = rig();
    for (let n = 0; n < 8; n++) {
      self.polls.at(-1)!.fails('connect_refused');
      self.clock.pass(30_000);
    }
    self.polls.at(-1)!.fails('tunnel_not_found');
    expect(self.failures.at(-1)).toMatchObject({ waitMs: 1_000, refusals: 1 });
  });

  it('counts refusals in a row, over failures of the network and not over other answers', () => {
    const self = rig();
    const after = (code: ErrorCode): number => {
      self.polls.at(-1)!.fails(code);
      self.clock.pass(60_000);
      return self.failures.at(-1)!.refusals;
    };
    expect(
      (['unauthorized', 'connect_reset', 'forbidden', 'control_plane_error', 'unauthorized'] as const).map(after),
    ).toEqual([1, 1, 2, 0, 1]);
    self.polls.at(-1)!.empty();
    expect(after('unauthorized')).toBe(1);
  });

  it('at a proxy that refuses the password is tried again once, then once a minute: accounts get locked', () => {
    const self = rig();
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      self.polls.at(-1)!.fails('proxy_auth');
      waits.push(self.failures.at(-1)!.waitMs);
      self.clock.pass(60_000);
    }
    expect(waits).toEqual([1_000, 60_000, 60_000, 60_000]);
  });

  it('waits at least as long as Retry-After says, and not even a person overrides it', () => {
    const self = rig();
    self.polls[0]!.fails('rate_limited', 45_000);
    expect(self.failures[0]!.waitMs).toBe(45_000);
    self.poller.nudge();
    self.poller.restart();
    self.poller.nudge();
    self.clock.pass(44_999);
    expect(self.polls).toHaveLength(1);
    self.clock.pass(1);
    expect(self.polls).toHaveLength(2);
  });

  it('counts once with the others that were out', () => {
    const self = rig();
    self.polls[0]!.brings('a');
    self.polls[1]!.brings('b');
    self.clock.pass(5);
    for (const poll of self.polls.slice(2)) poll.fails('connect_reset');
    expect(self.failures).toHaveLength(1);
  });

  it('obeys the longest Retry-After of those that were out together', () => {
    const self = rig();
    self.polls[0]!.brings('a');
    self.clock.pass(5);
    self.polls[1]!.fails('rate_limited', 1_000);
    self.clock.pass(5);
    self.polls[2]!.fails('rate_limited', 30_000);
    self.clock.pass(29_999);
    expect(outstanding(self)).toBe(0);
    self.clock.pass(1);
    expect(outstanding(self)).toBe(1);
  });

  it('is given up when nothing has come for its wait and the guardrail', () => {
    const self = rig();
    self.clock.pass(34_999);
    expect(self.polls[0]!.aborted).toBeUndefined();
    self.clock.pass(1);
    expect(self.polls[0]!.aborted).toMatchObject({ code: 'timed_out' });
    expect(self.failures).toHaveLength(1);
  });

  it('is not given up while its body still moves', () => {
    const self = rig();
    self.polls[0]!.headers();
    for (let n = 0; n < 10; n++) {
      self.clock.pass(30_000);
      self.polls[0]!.listener.progress();
    }
    expect(self.polls[0]!.aborted).toBeUndefined();
  });
});

describe('until a poll was answered', () => {
  it('polls ask to be held for a second, and then for the whole time', () => {
    const self = rig();
    expect(self.polls[0]!.waitMs).toBe(1_000);
    self.clock.pass(1_000);
    expect(self.told).toEqual([]);
    self.polls[0]!.empty();
    expect(self.told).toEqual(['succeeded']);
    expect(self.polls[1]!.waitMs).toBe(30_000);
    self.polls[1]!.fails('connect_refused');
    self.clock.pass(500);
    expect(self.polls[2]!.waitMs).toBe(1_000);
    self.polls[2]!.empty();
    self.poller.restart();
    expect(self.polls.at(-1)!.waitMs).toBe(1_000);
  });

  it('polls ask to be held for as long as is set for the first', () => {
    const self = rig({ initialTimeoutMs: 45_000 });
    expect(self.polls[0]!.waitMs).toBe(45_000);
    self.clock.pass(45_000);
    expect(self.failures).toEqual([]);
    self.polls[0]!.empty();
    expect(self.polls[1]!.waitMs).toBe(30_000);
  });

  it('nothing counts as one, however long polls are held, and each is given up in the end', () => {
    const self = rig({ timeoutMs: 600_000 });
    for (let n = 0; n < 3; n++) {
      self.clock.pass(34_999);
      expect(self.failures).toHaveLength(n);
      self.clock.pass(1);
      expect(self.failures[n]).toMatchObject({ code: 'timed_out', attempt: n + 1 });
      self.clock.pass(self.failures[n]!.waitMs);
    }
    expect(self.told).toEqual([]);
  });

  it('a service that holds one for longer than it was asked to is waited for', () => {
    const self = rig();
    self.clock.pass(30_000);
    self.polls[0]!.empty();
    expect(self.told).toEqual(['succeeded']);
    expect(self.failures).toEqual([]);
  });

  it('one that is closed without an answer is a failure, and no proxy that closes quiet connections', () => {
    const self = rig();
    self.clock.pass(10_000);
    self.polls[0]!.fails('closed_early');
    expect(self.failures).toMatchObject([{ code: 'closed_early' }]);
    expect(self.told).toEqual([]);
  });
});

describe('a proxy that closes quiet connections', () => {
  it('shortens the wait to four fifths, without a failure', () => {
    const self = proved();
    self.clock.pass(10_000);
    self.polls[0]!.fails('closed_early');
    expect(self.polls).toHaveLength(2);
    self.clock.pass(10_000);
    self.polls[1]!.fails('closed_early');
    expect(self.told).toContain('cut 10000 8000');
    expect(self.polls[2]!.waitMs).toBe(8_000);
    expect(self.failures).toEqual([]);
  });

  it('is not suspected when polls that were out together end together', () => {
    const self = proved();
    self.polls[0]!.brings('a');
    self.polls[1]!.brings('b');
    self.clock.pass(10_000);
    for (const poll of self.polls.slice(2, 5)) poll.fails('connect_reset');
    expect(self.polls.at(-1)!.waitMs).toBe(30_000);
    expect(self.told.filter((one) => one.startsWith('cut'))).toEqual([]);
    self.polls.at(-1)!.fails('connect_refused');
    expect(self.failures).toHaveLength(1);
  });

  it('is not suspected of what was closed at once, nor of what outlived the suspicion', () => {
    const self = proved();
    self.polls[0]!.fails('closed_early');
    expect(self.failures).toHaveLength(1);
    self.clock.pass(500);
    self.polls[1]!.empty();
    self.clock.pass(10_000);
    self.polls[2]!.fails('closed_early');
    self.clock.pass(20_000);
    self.polls[3]!.empty();
    self.clock.pass(10_000);
    self.polls[4]!.fails('closed_early');
    expect(self.told.filter((one) => one.startsWith('cut'))).toEqual([]);
  });

  it('is forgotten when the network changes', () => {
    const self = proved();
    for (const n of [0, 1]) {
      self.clock.pass(10_000);
      self.polls[n]!.fails('closed_early');
    }
    self.poller.restart();
    self.polls.at(-1)!.empty();
    expect(self.polls.at(-1)!.waitMs).toBe(30_000);
  });
});

describe('polls that come back empty at once', () => {
  it('go out again at once when no least time is set', () => {
    const self = rig();
    for (let n = 0; n < 20; n++) self.polls[n]!.empty();
    expect(self.polls).toHaveLength(21);
  });

  it('go out no faster than the least time that is set', () => {
    const self = rig({ intervalMs: 1_000 });
    self.polls[0]!.empty();
    self.clock.pass(999);
    expect(self.polls).toHaveLength(1);
    self.clock.pass(1);
    expect(self.polls).toHaveLength(2);
    self.polls[1]!.brings('a');
    expect(self.polls.length).toBeGreaterThan(2);
  });

  it('count as such however far away the control plane is', () => {
    const self = rig({ intervalMs: 1_000 });
    self.clock.pass(300);
    self.polls[0]!.empty();
    self.clock.pass(699);
    expect(self.polls).toHaveLength(1);
    self.clock.pass(1);
    expect(self.polls).toHaveLength(2);
  });
});

describe('stopping', () => {
  it('gives up polls that wait and reads to their end those whose headers came', async () => {
    const self = rig();
    self.polls[0]!.brings('a');
    self.polls[1]!.headers();
    let ended = false;
    const stopped = self.poller.stop().then(() => (ended = true));
    expect(self.polls.filter(({ aborted }) => aborted)).toEqual(self.polls.slice(2));
    await Promise.resolve();
    expect(ended).toBe(false);
    self.polls[1]!.body('b');
    await stopped;
    expect(self.delivered).toEqual(['a', 'b']);
    expect(self.failures).toEqual([]);
    const sent = self.polls.length;
    self.clock.pass(120_000);
    self.poller.nudge();
    expect(self.polls).toHaveLength(sent);
    expect(self.clock.pending).toBe(0);
  });

  it('ends a body that never ends when told to', async () => {
    const self = rig();
    self.polls[0]!.headers();
    const stopped = self.poller.stop();
    self.poller.abort();
    await stopped;
    expect(self.polls[0]!.aborted).toMatchObject({ code: 'shutting_down' });
  });

  it('forgets a retry that was set', () => {
    const self = rig();
    self.polls[0]!.fails('connect_refused');
    void self.poller.stop();
    self.clock.pass(120_000);
    expect(self.polls).toHaveLength(1);
  });
});
