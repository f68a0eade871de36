import { expect, it } from 'vitest';
import { dryRun, type DryCall } from '../../src-main/harpoon/dry-run.ts';
import { loadProfileText } from '../../src-main/profiles/load.ts';

const yaml = `
config_version: 2
control_plane: { tunnel_id: tunnel_${'a'.repeat(32)}, api_key: env:KEY, poll_channels: [harpoon] }
harpoon:
  targets:
    - { label: here, url: 'https://10.0.0.7/rates' }
    - { label: metadata, url: 'https://169.254.169.254/latest' }
    - { label: base, url: 'https://10.0.0.7/api' }
    - { label: issues, url: 'https://10.0.0.7/graphql' }
    - label: order
      template:
        version: 1
        origin: https://10.0.0.7
        method: GET
        path_template: /orders/{id}
        parameters: { id: { type: string, required: true, pattern: '[0-9]+', max_length: 9 } }
        headers: { Authorization: 'env:ORDERS_TOKEN' }
culvert:
  harpoon_targets:
    base: { paths: true }
    issues: { graphql: { operations: ['query Mine { mine }'] } }
`;

const run = async (call: DryCall) => dryRun(await loadProfileText('p.yaml', yaml, {}), call);

it.each<[DryCall, string, string]>([
  [{ label: 'here' }, 'GET', 'https://10.0.0.7/rates'],
  [{ label: 'base', path: '/x?y=1', method: 'post', body: 'b' }, 'POST', 'https://10.0.0.7/api/x?y=1'],
  [{ label: 'order', parameters: { id: '7' } }, 'GET', 'https://10.0.0.7/orders/7'],
  [{ label: 'issues', operation: 'Mine' }, 'POST', 'https://10.0.0.7/graphql'],
])('tells what %o would send', async (call, method, url) => {
  const addresses = [{ address: '10.0.0.7', isAllowed: true }];
  expect(await run(call)).toMatchObject({ method, url, addresses });
});

it('masks what the operator fixed, and reads no secret', async () => {
  const result = await run({ label: 'order', parameters: { id: '7' } });
  const values = 'headers' in result ? result.headers.filter(([name]) => name === 'Authorization') : [];
  expect(values).toEqual([['Authorization', '***']]);
});

it.each<[DryCall, RegExp]>([
  [{ label: 'other' }, /unknown target/],
  [{ label: 'here', method: 'DELETE' }, /invalid method/],
  [{ label: 'base', path: '/../x' }, /outside/],
  [{ label: 'order', parameters: { id: 'x' } }, /pattern/],
  [{ label: 'issues', method: 'POST', body: '{}' }, /named operations/],
])('tells why %o would not be made', async (call, reason) => {
  const result = await run(call);
  expect('refused' in result && result.refused).toMatch(reason);
});

it('tells of an address that a connection may not end at', async () => {
  expect(await run({ label: 'metadata' })).toMatchObject({ problem: expect.stringContaining('not allowed') as string });
});
