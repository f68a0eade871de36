import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeychain, type Keytar } from '../../src-main/secrets/keychain.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import { keychainRef, type SecretStore } from '../../src-main/secrets/secret-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noStore = (): SecretStore => {
  throw new Error('the keychain must not be touched');
};

test('a literal, a variable, a file and the keychain all resolve, and only a keychain reference touches the keychain', async () => {
  await writeFile(join(folder, 'key'), ' from-file\n');
  const plain = createSecrets({ env: { A: ' from-env ' }, store: noStore });
  expect(await plain.resolve('literal')).toBe('literal');
  expect(await plain.resolve('env:A')).toBe('from-env');
  expect(await plain.resolve(`FILE:${join(folder, 'key')}`)).toBe('from-file');
  const store: SecretStore = {
    get: (account) => Promise.resolve(account === 'id/api_key' ? 'from-keychain' : undefined),
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(false),
  };
  const secrets = createSecrets({ env: {}, store: () => store });
  expect(await secrets.resolve(keychainRef('id', 'api_key'))).toBe('from-keychain');
  await expect(secrets.resolve('keychain:id/other')).rejects.toMatchObject({ code: 'keychain_missing' });
});

test('what is missing, unreadable or empty is told apart', async () => {
  await writeFile(join(folder, 'empty'), '\n');
  const secrets = createSecrets({ env: { EMPTY: ' ' }, store: noStore });
  await expect(secrets.resolve('env:NOWHERE')).rejects.toMatchObject({
    code: 'secret_env_missing',
    params: { name: 'NOWHERE' },
  });
  await expect(secrets.resolve('env:EMPTY')).rejects.toMatchObject({ code: 'secret_env_missing' });
  await expect(secrets.resolve(`file:${join(folder, 'nowhere')}`)).rejects.toMatchObject({
    code: 'secret_file_unreadable',
    params: { detail: 'ENOENT' },
  });
  await expect(secrets.resolve(`file:${join(folder, 'empty')}`)).rejects.toMatchObject({ code: 'secret_empty' });
});

test('a replaced secret is told to those who hold it and to nobody else', () => {
  const secrets = createSecrets({ env: {}, store: noStore });
  const told: string[] = [];
  const off = secrets.onReplaced('keychain:a/key', () => told.push('a'));
  secrets.onReplaced('keychain:b/key', () => told.push('b'));
  secrets.replaced('keychain:a/key');
  off();
  secrets.replaced('keychain:a/key');
  expect(told).toEqual(['a']);
});

test('a keychain that cannot be loaded, fails or hangs is unavailable, with what to do', async () => {
  const missing = createKeychain({
    load: () => {
      throw new Error('no libsecret');
    },
  });
  await expect(missing.get('a/b')).rejects.toMatchObject({ code: 'keychain_unavailable' });
  const failing = createKeychain({ load: () => keytar({ getPassword: () => Promise.reject(new Error('locked')) }) });
  await expect(failing.get('a/b')).rejects.toMatchObject({
    code: 'keychain_unavailable',
    params: { detail: 'locked' },
  });
  const hanging = createKeychain({
    load: () => keytar({ getPassword: () => new Promise(() => undefined) }),
    timeLimitMs: 5,
  });
  await expect(hanging.get('a/b')).rejects.toMatchObject({ code: 'keychain_unavailable' });
  await expect(hanging.get('a/b')).rejects.toMatchObject({
    params: { detail: 'an earlier request to it has not come back' },
  });
});

test('the keychain is asked one thing at a time', async () => {
  let running = 0;
  let most = 0;
  const keychain = createKeychain({
    load: () =>
      keytar({
        getPassword: async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return 'x';
        },
      }),
  });
  expect(await Promise.all([keychain.get('a/1'), keychain.get('a/2'), keychain.get('a/3')])).toEqual(['x', 'x', 'x']);
  expect(most).toBe(1);
});

function keytar(parts: Partial<Keytar>): Keytar {
  return {
    getPassword: () => Promise.resolve(null),
    setPassword: () => Promise.resolve(),
    deletePassword: () => Promise.resolve(false),
    ...parts,
  };
}
