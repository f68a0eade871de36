import { expect, test } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { planFor } from '../../src-main/network/route-plan.ts';

const profile = profileSchema.parse({
  id: 'p',
  name: 'p',
  controlPlane: { tunnelId: `tunnel_${'a'.repeat(32)}`, httpProxy: 'http://own:1' },
  channels: [{ kind: 'http', name: 'main', url: 'http://intern.example/mcp' }],
  mcp: {},
  harpoon: {},
  capture: {},
  httpProxy: 'http://global:1',
  noProxy: ['intern.example', 'api.example'],
});
const proxyOf = (purpose: 'mcp' | 'control-plane', url: string) =>
  planFor(purpose, { url: new URL(url), name: 'main' }, profile).proxy?.value;

test('a profile’s no_proxy keeps its global proxy from the hosts it names, and from no others', () => {
  expect(proxyOf('mcp', 'http://intern.example/mcp')).toBeUndefined();
  expect(proxyOf('mcp', 'http://sub.intern.example/mcp')).toBeUndefined();
  expect(proxyOf('mcp', 'http://extern.example/mcp')).toBe('http://global:1');
});

test('a proxy that a route names for itself is used for every host', () => {
  expect(proxyOf('control-plane', 'https://api.example')).toBe('http://own:1');
});
