import { expect, it } from 'vitest';
import { ByteBudget } from '../../src-main/control-plane/byte-budget.ts';
import { Exchange } from '../../src-main/control-plane/exchange.ts';

it('a body that is longer than it may be ends the exchange with what came before', () => {
  const told: unknown[] = [];
  const aborted: unknown[] = [];
  const exchange = new Exchange(
    {
      headers: (status) => told.push(status),
      progress: () => undefined,
      end: () => told.push('end'),
      fail: (error, body) => told.push(error, body.toString()),
    },
    new ByteBudget(10),
  );
  exchange.onConnect((error) => aborted.push(error));
  exchange.onHeaders(200, []);
  exchange.onData(Buffer.from('0123456789'));
  exchange.onData(Buffer.from('x'));
  exchange.onComplete();
  expect(told).toEqual([
    200,
    expect.objectContaining({ code: 'body_too_large', leg: 'control-plane', params: { limit: 10 } }),
    '0123456789',
  ]);
  expect(aborted).toHaveLength(1);
});

it('exchanges that share a budget are bounded together, and what is over makes room for the next', () => {
  const budget = new ByteBudget(10);
  const ends: unknown[] = [];
  const open = () => {
    const exchange = new Exchange(
      {
        headers: () => undefined,
        progress: () => undefined,
        end: (_status, body) => ends.push(body.toString()),
        fail: (error, body) => ends.push((error as { code?: string }).code, body.toString()),
      },
      budget,
    );
    exchange.onConnect(() => undefined);
    exchange.onHeaders(200, []);
    return exchange;
  };
  const [first, second] = [open(), open()];
  first.onData(Buffer.from('01234'));
  second.onData(Buffer.from('56789'));
  first.onData(Buffer.from('x'));
  expect(ends).toEqual(['body_too_large', '01234']);
  second.onData(Buffer.from('abcde'));
  second.onComplete();
  expect(ends.slice(2)).toEqual(['56789abcde']);
  const third = open();
  third.onData(Buffer.from('0123456789'));
  third.onComplete();
  expect(ends.slice(3)).toEqual(['0123456789']);
});
