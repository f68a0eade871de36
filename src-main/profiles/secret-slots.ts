import type { Profile } from '../../shared/profile.ts';

/** Where a profile may hold a secret, and the slot that its keychain entry has. */
export function secretSlots(profile: Profile): { readonly slot: string; readonly value: string }[] {
  const { controlPlane, mcp, harpoon, channels } = profile;
  const slots: [string, string | undefined][] = [
    ['api_key', controlPlane.apiKey],
    ['client_key_passphrase', controlPlane.clientKeyPassphrase],
    ['mcp.client_key_passphrase', mcp.clientKeyPassphrase],
    ['http_proxy', profile.httpProxy],
    ['control_plane.http_proxy', controlPlane.httpProxy],
    ['mcp.http_proxy', mcp.httpProxy],
    ['harpoon.http_proxy', harpoon.httpProxy],
    ...Object.entries(controlPlane.extraHeaders).map(([name, value]): [string, string] => [`header.${name}`, value]),
    ...Object.entries(mcp.extraHeaders).map(([name, value]): [string, string] => [`mcp.header.${name}`, value]),
    ...Object.entries(mcp.discoveryExtraHeaders).map(([name, value]): [string, string] => [
      `mcp.discovery_header.${name}`,
      value,
    ]),
  ];
  for (const channel of channels) {
    if (channel.kind === 'stdio') {
      for (const [name, value] of Object.entries(channel.env)) slots.push([`env.${channel.name}.${name}`, value]);
    } else {
      for (const [name, value] of Object.entries(channel.extraHeaders ?? {}))
        slots.push([`channel.${channel.name}.header.${name}`, value]);
      slots.push([`${channel.name}.http_proxy`, channel.httpProxy]);
      slots.push([`${channel.name}.client_key_passphrase`, channel.clientKeyPassphrase]);
    }
  }
  return slots.flatMap(([slot, value]) => (value === undefined ? [] : [{ slot, value }]));
}
