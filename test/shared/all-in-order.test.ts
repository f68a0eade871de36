import { expect, test } from 'vitest';
import { allInOrder } from '../../src-main/base/all-in-order.ts';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('works that run at once are told in their order, and so is the first that failed', async () => {
  const order: string[] = [];
  const work = async (name: string, count: number): Promise<string> => {
    await turns(count);
    order.push(name);
    return name;
  };
  const failing = (name: string, count: number): Promise<string> =>
    work(name, count).then(() => Promise.reject(new Error(name)));
  expect(await allInOrder([work('a', 2), work('b', 1)])).toEqual(['a', 'b']);
  await expect(allInOrder([work('c', 1), failing('d', 3), failing('e', 2)])).rejects.toThrow('d');
  expect(order).toEqual(['b', 'a', 'c', 'e', 'd']);
});
