import { expect, test } from 'vitest';
import { keepWhile } from '../../src-main/secrets/keep-while.ts';
import { memoryStore } from '../support/host.ts';

test('a secret is in the store before what refers to it is written', async () => {
  const entries = new Map<string, string>();
  const seen = await keepWhile(
    () => memoryStore(entries),
    'p',
    new Map([['api_key', 'new']]),
    () => Promise.resolve(entries.get('p/api_key')),
  );
  expect(seen).toBe('new');
  expect([...entries]).toEqual([['p/api_key', 'new']]);
});

test('when it cannot be written the store is as it was: a new entry is gone, one that was there has its value again', async () => {
  const entries = new Map([['p/api_key', 'old']]);
  const values = new Map([
    ['api_key', 'new'],
    ['env.main.TOKEN', 'token'],
  ]);
  const failing = keepWhile(
    () => memoryStore(entries),
    'p',
    values,
    () => Promise.reject(new Error('disk full')),
  );
  await expect(failing).rejects.toThrow('disk full');
  expect([...entries]).toEqual([['p/api_key', 'old']]);
});
