import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { createKeychain } from '../../src-main/secrets/keychain.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import { keychainRef } from '../../src-main/secrets/secret-store.ts';
import { cleanUp, startControlPlane, startMcpServer, startTunnel } from '../faults/tunnel-process.ts';
import { suiteNeeds } from '../support/require.ts';

afterEach(cleanUp);

suiteNeeds('keyring')('the session’s keyring', () => {
  const profile = `test-${randomUUID()}`;
  const account = `${profile}/runtime-key`;

  afterEach(async () => {
    await createKeychain().delete(account);
  });

  test('keeps a key, gives it back, and forgets it', async () => {
    const keychain = createKeychain();
    const secrets = createSecrets({ env: {}, store: () => keychain });
    const ref = keychainRef(profile, 'runtime-key');
    await expect(secrets.resolve(ref)).rejects.toMatchObject({ code: 'keychain_missing' });
    await keychain.set(account, 'né-🚇-key');
    expect(await secrets.resolve(ref)).toBe('né-🚇-key');
    expect(await keychain.delete(account)).toBe(true);
    expect(await keychain.get(account)).toBeUndefined();
  });

  test('serves a tunnel without a window', async () => {
    await createKeychain().set(account, 'sk-from-the-keyring');
    const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
    const tunnel = await startTunnel({
      controlPlane,
      serverUrl: mcp.endpoint,
      args: ['--control-plane.api-key', keychainRef(profile, 'runtime-key')],
      env: { CONTROL_PLANE_API_KEY: undefined, DBUS_SESSION_BUS_ADDRESS: process.env.DBUS_SESSION_BUS_ADDRESS },
    });
    expect(controlPlane.polls[0]?.headers.authorization).toBe('Bearer sk-from-the-keyring');
    await tunnel.stop();
    expect(tunnel.log).not.toContain('sk-from-the-keyring');
  });
});
