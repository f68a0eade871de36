import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProfileSummary, TunnelView } from '../../shared/app.ts';
import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import {
  idsIn,
  matches,
  mayBeNewRole,
  ownersOf,
  sorted,
  twiceIn,
  usesOf,
} from '../../src-renderer/tunnels/tunnel-words.ts';
import { manyTunnels } from './fake-backend/tunnel-records.ts';

const tunnel = (fields: Partial<ManagedTunnel>): ManagedTunnel => ({
  id: `tunnel_${'a'.repeat(32)}`,
  name: 'CRM',
  description: '',
  organizationIds: [],
  workspaceIds: [],
  tenantIds: [],
  ...fields,
});

describe('a list of tunnels', () => {
  it('is searched by every word, wherever it stands', () => {
    const found = (query: string): number => manyTunnels.filter((each) => matches(each, query)).length;
    expect([found(''), found('VAULT'), found('vault staging'), found('ws_fleet'), found('vault nowhere')]).toEqual([
      200, 20, 5, 0, 0,
    ]);
    expect(manyTunnels.filter((each) => matches(each, manyTunnels[7]?.id ?? ''))).toEqual([manyTunnels[7]]);
  });

  it('is in the order in which people count, and loses none', () => {
    const names = ['b 10', 'b 2', 'A', ''].map((name) => tunnel({ name }));
    expect(sorted(names).map(({ name }) => name)).toEqual(['', 'A', 'b 2', 'b 10']);
    expect(sorted(manyTunnels)).toHaveLength(200);
  });

  it('says whose each is', () => {
    expect(ownersOf(tunnel({ organizationIds: ['o1', 'o2'], tenantIds: ['t'] }))).toBe(
      'organization o1, o2 · tenant t',
    );
    expect(ownersOf(tunnel({}))).toBe('no owner');
  });
});

describe('ids that are typed', () => {
  it('may stand with commas, blanks or lines between, and are found again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)),
        fc.constantFrom(',', ', ', ' ', '\n', ';'),
        (ids, by) => {
          expect(idsIn(` ${ids.join(by)}${by}`)).toEqual(ids);
          expect(twiceIn(ids) === undefined).toBe(new Set(ids).size === ids.length);
        },
      ),
    );
  });
});

describe('what of this machine uses a tunnel', () => {
  const profile = (id: string, controlPlane: string): ProfileSummary =>
    ({ id, name: id, tunnelId: 'tunnel_x', controlPlane }) as ProfileSummary;
  const view = (id: string, kind: string) => ({ id, snapshot: { state: { kind } } }) as unknown as TunnelView;

  it('is a profile with its id at the same control plane, running or not', () => {
    const profiles = [
      profile('a', 'https://api.openai.com/'),
      profile('b', 'https://api.openai.com'),
      profile('c', 'http://127.0.0.1:8788'),
      profile('d', 'nonsense'),
    ];
    const uses = usesOf('tunnel_x', 'https://api.openai.com', profiles, [view('a', 'connected'), view('b', 'stopped')]);
    expect(uses.map((use) => [use.profile.id, use.isRunning])).toEqual([
      ['a', true],
      ['b', false],
    ]);
    expect(usesOf('tunnel_y', 'https://api.openai.com', profiles, [])).toEqual([]);
  });
});

it('offers to wait for a role only where a role may be what is missing', () => {
  const refused = (code: 'unauthorized' | 'forbidden' | 'timed_out', detail?: string) =>
    mayBeNewRole({ code, leg: 'control-plane', params: detail === undefined ? {} : { detail } });
  expect(refused('unauthorized', 'tunnel_use_forbidden')).toBe(true);
  expect(refused('forbidden')).toBe(true);
  expect(refused('unauthorized', 'invalid_api_key')).toBe(false);
  expect(refused('timed_out')).toBe(false);
});
