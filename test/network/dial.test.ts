import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Dialer } from '../../src-main/network/dial.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cleanUp, listen } from '../support/network.ts';

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly address: string;

  constructor(address: string) {
    super();
    this.address = address;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

const v6 = (n: number): LookupAddress => ({ address: `2001:db8::${n}`, family: 6 });
const v4 = (n: number): LookupAddress => ({ address: `192.0.2.${n}`, family: 4 });

/** A network where each address connects after so many milliseconds of round trip, fails at once, or says nothing. */
function network(found: readonly LookupAddress[], ways: Readonly<Record<string, number | 'unreachable'>>) {
  const clock = new FakeClock();
  const tried: string[] = [];
  const sockets: FakeSocket[] = [];
  const dialer = new Dialer({
    clock,
    lookup: (_host, done) => done(null, found),
    connect: ({ address }) => {
      const socket = new FakeSocket(address);
      sockets.push(socket);
      tried.push(`${clock.now() - 1_000} ${address}`);
      const way = ways[address];
      if (way === 'unreachable')
        clock.after(0, () => socket.emit('error', Object.assign(new Error(), { code: 'ENETUNREACH' })));
      else if (way !== undefined) clock.after(way, () => socket.emit('connect'));
      return socket as unknown as Socket;
    },
  });
  const dial = (): { readonly end: Promise<string> } => {
    const end = dialer.open('host.test', 443).socket.then(
      (socket) => (socket as unknown as FakeSocket).address,
      (error: unknown) => {
        if (error instanceof AggregateError) return error.errors.map((one: { code: string }) => one.code).join();
        return (error as { code: string }).code;
      },
    );
    return { end };
  };
  return { clock, tried, sockets, dialer, dial };
}

describe('a connection to a name with several addresses', () => {
  it('is reached over 400 ms although the first family leads nowhere, and the next one goes there at once', async () => {
    const { clock, tried, sockets, dial } = network([v6(1), v4(1)], { '192.0.2.1': 400 });
    const first = dial();
    clock.pass(650);
    expect(await first.end).toBe('192.0.2.1');
    expect(tried).toEqual(['0 2001:db8::1', '250 192.0.2.1']);
    expect(sockets[0]!.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
    const second = dial();
    clock.pass(400);
    expect(await second.end).toBe('192.0.2.1');
    expect(tried.slice(2)).toEqual(['650 192.0.2.1']);
  });

  it('waits as long as the round trip wants before it tries the next address', async () => {
    const ways: Record<string, number> = { '2001:db8::1': 400 };
    const { clock, tried, dial } = network([v6(1), v4(1)], ways);
    const first = dial();
    clock.pass(400);
    expect(await first.end).toBe('2001:db8::1');
    delete ways['2001:db8::1'];
    ways['192.0.2.1'] = 10;
    tried.length = 0;
    const second = dial();
    clock.pass(810);
    expect(await second.end).toBe('192.0.2.1');
    expect(tried.at(-1)).toBe('1200 192.0.2.1');
  });

  it('takes the families in turn, and goes on at once where an attempt fails', async () => {
    const { clock, tried, dial } = network([v6(1), v6(2), v4(1), v4(2)], {
      '2001:db8::1': 'unreachable',
      '192.0.2.1': 'unreachable',
      '2001:db8::2': 'unreachable',
      '192.0.2.2': 5,
    });
    const { end } = dial();
    clock.pass(5);
    expect(await end).toBe('192.0.2.2');
    expect(tried.map((one) => one.split(' ')[1])).toEqual(['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2']);
  });

  it('that none can be reached at says why of each', async () => {
    const { clock, dial } = network([v6(1), v4(1)], { '2001:db8::1': 'unreachable', '192.0.2.1': 'unreachable' });
    const { end } = dial();
    clock.pass(1);
    expect(await end).toBe('ENETUNREACH,ENETUNREACH');
  });

  it('that is given up leaves no attempt and no timer behind', async () => {
    const { clock, sockets, dialer } = network([v6(1), v4(1)], {});
    const dial = dialer.open('host.test', 443);
    clock.pass(300);
    dial.destroy(new Error('enough'));
    await expect(dial.socket).rejects.toThrow('enough');
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  it('is a real one: a refused address does not keep the other from being used', async () => {
    const server = createServer((socket) => socket.end());
    const { port } = await listen(server);
    const dialer = new Dialer({
      lookup: (_host, done) =>
        done(null, [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    const socket = await dialer.open('host.test', Number(port)).socket;
    cleanUp(() => socket.destroy());
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });
});
