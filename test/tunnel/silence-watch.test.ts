import { describe, expect, it } from 'vitest';
import { describeSilence } from '../../shared/silence-words.ts';
import { readPollBody } from '../../src-main/control-plane/commands.ts';
import { SilenceWatch } from '../../src-main/tunnel/silence-watch.ts';
import { command, envelope } from '../fakes/control-plane.ts';

const minute = 60_000;

function rig() {
  const watch = new SilenceWatch();
  let sent = 0;
  const sees = (at: number, channel = 'main', method = 'tools/call'): void => {
    const jsonrpc = { jsonrpc: '2.0', id: 1, method };
    const body = envelope([command({ request_id: `r${++sent}`, channel, jsonrpc })]);
    watch.saw(readPollBody(body, { now: at, wall: at }).commands[0]!, at);
  };
  return { watch, sees };
}

describe('a channel that was used', () => {
  it('is silent when others get calls and it gets none for far longer than ever before, and is told once', () => {
    const { watch, sees } = rig();
    for (let n = 0; n < 10; n++) sees(n * 3 * minute);
    for (let n = 0; n < 4; n++) sees(30 * minute + n * minute, 'docs');
    expect(watch.look(38 * minute)).toBeUndefined();
    const found = watch.look(40 * minute)!;
    expect(found).toMatchObject({ kind: 'silent', channel: 'main', others: 4, rhythmMs: 3 * minute });
    expect(describeSilence(found).cause).toContain(
      'no call for 13 min, where one came at least every 3 min; meanwhile 4',
    );
    expect(watch.look(50 * minute)).toBeUndefined();
    expect(watch.found).toBe(found);
    sees(60 * minute);
    expect(watch.found).toBeUndefined();
  });

  it('is not silent when nothing came for anybody, when its calls were ever far between, or when it was hardly used', () => {
    const quiet = rig();
    for (let n = 0; n < 10; n++) quiet.sees(n * minute);
    expect(quiet.watch.look(500 * minute)).toBeUndefined();
    const slow = rig();
    for (let n = 0; n < 6; n++) slow.sees(n * 60 * minute);
    for (let n = 0; n < 20; n++) slow.sees(300 * minute + n, 'docs');
    expect(slow.watch.look(400 * minute)).toBeUndefined();
    const fresh = rig();
    fresh.sees(0);
    for (let n = 0; n < 20; n++) fresh.sees(n, 'docs');
    expect(fresh.watch.look(20 * minute)).toBeUndefined();
  });
});

describe('a caller that begins its session again and again', () => {
  it('does not seem to get the answers', () => {
    const { watch, sees } = rig();
    for (let n = 0; n < 4; n++) sees(n * 30_000, 'main', 'initialize');
    const found = watch.look(100_000)!;
    expect(found).toMatchObject({ kind: 'repeats', channel: 'main', times: 4 });
    expect(describeSilence(found).cause).toContain('initialize was answered 4 times within 2 min');
  });

  it('gets them when anything else follows, or when there is time between', () => {
    const { watch, sees } = rig();
    for (let n = 0; n < 20; n++) {
      sees(n * 10_000, 'main', 'initialize');
      if (n % 3 === 2) sees(n * 10_000, 'main', 'notifications/initialized');
    }
    expect(watch.look(200_000)).toBeUndefined();
    const seldom = rig();
    for (let n = 0; n < 20; n++) seldom.sees(n * 2 * minute, 'main', 'initialize');
    expect(seldom.watch.look(38 * minute)).toBeUndefined();
  });
});
