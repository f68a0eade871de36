import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../../src-main/json/message.ts';
import { type Multiplexed, Multiplexer } from '../../../src-main/mcp/stdio/multiplexer.ts';

const message = (text: string): Multiplexed => {
  const bytes = Buffer.from(text);
  return { bytes, message: readMessage(bytes) };
};

/** JSON of an id or token as callers may write it. */
const rawId = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String),
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u0041"', '1.0', '-3', '"1"', '1'),
);

describe('many callers on one session', () => {
  test('each get back their own answer, under their own id and token, whatever they chose and however they interleave', () => {
    const calls = fc.array(
      fc.record({ id: rawId, token: fc.option(rawId), turns: fc.array(fc.boolean(), { maxLength: 3 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(calls, fc.infiniteStream(fc.nat()), (specs, chance) => {
        const mux = new Multiplexer<Multiplexed>();
        const pending = specs.map(({ id, token, turns }, n) => {
          const meta = token === null ? '' : `,"_meta":{"progressToken":${token}}`;
          const call = message(`{"jsonrpc":"2.0","id":${id},"method":"m","params":{"n":${n}${meta}}}`);
          const { id: privateId, line } = mux.open(call);
          // The server sees one id for both, unique, and nothing else changed.
          const token2 = token === null ? '' : `,"_meta":{"progressToken":${privateId}}`;
          expect(line.toString()).toBe(
            `{"jsonrpc":"2.0","id":${privateId},"method":"m","params":{"n":${n}${token2}}}\n`,
          );
          return { n, id, token, call, privateId, progress: token === null ? 0 : turns.length };
        });
        expect(new Set(pending.map(({ privateId }) => privateId)).size).toBe(specs.length);

        while (pending.length > 0) {
          const index = (chance.next().value as number) % pending.length;
          const one = pending[index]!;
          if (one.progress > 0) {
            one.progress -= 1;
            const received = mux.receive(
              Buffer.from(
                `{"method":"notifications/progress","params":{"progress":1,"progressToken":${one.privateId}},"jsonrpc":"2.0"}`,
              ),
            );
            expect(received).toMatchObject({ kind: 'notification', call: one.call });
            expect('bytes' in received && received.bytes.toString()).toBe(
              `{"method":"notifications/progress","params":{"progress":1,"progressToken":${one.token}},"jsonrpc":"2.0"}`,
            );
            continue;
          }
          pending.splice(index, 1);
          const received = mux.receive(Buffer.from(`{"result":{"n":${one.n}},"id":${one.privateId},"jsonrpc":"2.0"}`));
          expect(received).toMatchObject({ kind: 'answer', call: one.call, message: { isError: false } });
          expect('bytes' in received && received.bytes.toString()).toBe(
            `{"result":{"n":${one.n}},"id":${one.id},"jsonrpc":"2.0"}`,
          );
          // A second answer finds nobody.
          expect(mux.receive(Buffer.from(`{"result":{},"id":${one.privateId},"jsonrpc":"2.0"}`)).kind).toBe('noise');
        }
        expect(mux.inFlight).toBe(0);
      }),
    );
  });

  test('are not disturbed by any line a server may write', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (line) => {
          const mux = new Multiplexer<Multiplexed>();
          mux.open(message('{"jsonrpc":"2.0","id":"x","method":"m"}'));
          const { kind } = mux.receive(Buffer.from(line));
          expect(['noise', 'reply', 'notification', 'answer', 'bad-answer']).toContain(kind);
        },
      ),
    );
  });

  test('may use the private id of somebody else as their own', () => {
    const mux = new Multiplexer<Multiplexed>();
    const first = message('{"jsonrpc":"2.0","id":2,"method":"m"}');
    const second = message('{"jsonrpc":"2.0","id":1,"method":"m"}');
    mux.open(first);
    mux.open(second);
    expect(mux.receive(Buffer.from('{"jsonrpc":"2.0","id":2,"result":{}}'))).toMatchObject({ call: second });
    expect(mux.receive(Buffer.from('{"jsonrpc":"2.0","id":1.0,"result":{}}'))).toMatchObject({ call: first });
  });
});

test('progress is for the call whose token it names, and for nobody when it had none', () => {
  const mux = new Multiplexer<Multiplexed>();
  const { id } = mux.open(message('{"jsonrpc":"2.0","id":1,"method":"m"}'));
  const progress = (token: unknown): Buffer =>
    Buffer.from(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: token, progress: 1 },
      }),
    );
  for (const token of [id, 99, 'text', null]) {
    expect(mux.receive(progress(token))).toEqual({ kind: 'noise', reason: 'unknown-progress-token' });
  }
});

test('an answer that is too long to keep is known by its id, first or last, but not by one inside of it', () => {
  const mux = new Multiplexer<Multiplexed>();
  const calls = [1, 2, 3, 4].map((n) => message(`{"jsonrpc":"2.0","id":${n},"method":"m"}`));
  for (const call of calls) mux.open(call);
  const begins = (head: string): unknown => mux.ownerByHead(Buffer.from(head));
  const ends = (tail: string): unknown => mux.ownerByTail(Buffer.from(tail));
  expect(begins('{"jsonrpc":"2.0","id":2,"result":{"te')).toBe(calls[1]);
  expect(ends('xxx"},"jsonrpc":"2.0","id":3}')).toBe(calls[2]);
  expect(begins('{"result":{"id":1,"te')).toBeUndefined();
  expect(ends('{"id":4}}}')).toBeUndefined();
  expect(ends('\\"id\\":4}"}')).toBeUndefined();
  // One is left, and a late answer to another is not its own.
  mux.close(1);
  expect(ends('xxx"},"id":2}')).toBeUndefined();
  expect(ends('xxx"}}')).toBe(calls[3]);
});
