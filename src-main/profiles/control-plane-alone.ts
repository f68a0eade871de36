import { profileSchema, type Profile } from '../../shared/profile.ts';

/** A profile of which only the way to its control plane counts: routes are made for profiles. */
export function controlPlaneAlone(
  baseUrl: string,
  rest: Partial<Pick<Profile, 'httpProxy' | 'caBundle' | 'id'>> = {},
): Profile {
  const { id = 'control-plane', ...settings } = rest;
  return profileSchema.parse({
    id,
    name: id,
    controlPlane: { baseUrl, tunnelId: `tunnel_${'0'.repeat(32)}` },
    channels: [],
    mcp: {},
    harpoon: {},
    capture: {},
    ...settings,
  });
}
