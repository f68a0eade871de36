import { expect, it } from 'vitest';
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
    10,
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
