import { TunnelError } from '../../shared/errors.ts';
import { isAdminKey } from '../../shared/keys.ts';
import type { Profile } from '../../shared/profile.ts';
import { isHeaderValue } from '../settings/headers.ts';
import { isReference } from '../settings/rules.ts';
import type { Environment } from '../process/environment.ts';
import type { SecretResolver } from './secret-resolver.ts';
import { variableValue } from './variable-value.ts';

/** What a bearer token may hold, the reference's rule. */
const keyPattern = /^[0-9A-Za-z_-]+$/;

/** Throws `key_is_admin` and `config_invalid`; `ref` says where the key came from. No error tells anything of the key. */
export function checkKey(key: string, ref: string): void {
  if (isAdminKey(key)) throw new TunnelError('key_is_admin', 'local');
  if (keyPattern.test(key)) return;
  throw new TunnelError('config_invalid', 'local', {
    field: 'The runtime key',
    file: isReference(ref) ? ref : 'the profile',
    problem: 'it holds characters that a key cannot have',
    allowed: 'letters, digits, - and _',
  });
}

/**
 * Resolves every secret of a profile once, so that a missing or unusable one is told at start and not at the first
 * call. Rejects with the resolver's codes, `key_missing`, `key_is_admin`, `header_invalid` and `config_invalid`; no
 * error tells anything of a value.
 */
export async function checkSecrets(profile: Profile, secrets: SecretResolver, env: Environment): Promise<void> {
  const { controlPlane, mcp } = profile;
  if (controlPlane.apiKey === undefined) throw new TunnelError('key_missing', 'local');
  checkKey(await secrets.resolve(controlPlane.apiKey), controlPlane.apiKey);
  for (const [leg, headers] of [
    ['control-plane', controlPlane.extraHeaders],
    ['mcp-server', mcp.extraHeaders],
    ['mcp-server', mcp.discoveryExtraHeaders],
    ...profile.channels.map(
      (channel) => ['mcp-server', (channel.kind === 'http' && channel.extraHeaders) || {}] as const,
    ),
  ] as const) {
    for (const [name, ref] of Object.entries(headers)) {
      if (!isHeaderValue(await secrets.resolve(ref))) {
        throw new TunnelError('header_invalid', leg, {
          name,
          problem: 'has a value with a line break or control character',
        });
      }
    }
  }
  const rest = [
    profile.httpProxy,
    controlPlane.httpProxy,
    mcp.httpProxy,
    profile.harpoon.httpProxy,
    controlPlane.clientKeyPassphrase,
    mcp.clientKeyPassphrase,
  ];
  for (const channel of profile.channels) {
    if (channel.kind === 'http') rest.push(channel.httpProxy, channel.clientKeyPassphrase);
    else for (const value of Object.values(channel.env)) await variableValue(value, secrets, env);
  }
  for (const ref of rest) if (ref !== undefined) await secrets.resolve(ref);
}
