import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { culvert, type Ended } from '../support/culvert.ts';

let relay: Relay;
beforeAll(async () => {
  relay = await createRelay();
});
afterAll(() => relay.close());

const admin = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  culvert(['admin', 'tunnels', ...args], {
    CONTROL_PLANE_BASE_URL: relay.address,
    OPENAI_ADMIN_KEY: relay.adminKey,
    ...env,
  });
const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { lines, errors } = await admin([...args, '--json']);
  expect(errors).toBe('');
  return JSON.parse(lines.join('\n')) as Record<string, unknown>;
};
const create = async (...more: readonly string[]): Promise<string> => {
  const { id } = await json('create', '--name', 'One', '--description', 'first', ...more);
  return String(id);
};

describe('culvert admin tunnels', () => {
  it('creates, shows, lists, changes and deletes a tunnel', async () => {
    const id = await create('--organization-id', 'org_1,org_2', '--workspace-id', 'ws_1');
    expect(id).toMatch(/^tunnel_[a-z0-9]{32}$/);
    expect(await json('get', id)).toMatchObject({ id, name: 'One', organization_ids: ['org_1', 'org_2'] });
    await create('--organization-id', 'org_3');
    const { tunnels } = await json('list', '--workspace-id', 'ws_1');
    expect(tunnels).toMatchObject([{ id }]);

    await json('update', id, '--name', 'Two', '--organization-id', 'org_9');
    expect(await json('get', id)).toMatchObject({
      name: 'Two',
      description: 'first',
      organization_ids: ['org_9'],
      workspace_ids: ['ws_1'],
    });
    expect(await json('delete', id, '--confirm')).toMatchObject({ id });
    expect(await admin(['get', id])).toMatchObject({ code: 3, errors: expect.stringContaining(id) as string });
  });

  it('makes a tunnel that a client can poll with a key of the relay', async () => {
    const id = await create('--organization-id', 'org_1');
    const headers = { authorization: `Bearer ${relay.addKey({})}` };
    const { status } = await fetch(`${relay.address}/v1/tunnels/${id}/poll?timeout_ms=1`, { headers });
    expect(status).toBe(204);
  });

  it('shows a tunnel to its runtime key when there is no admin key', async () => {
    const { id, apiKey } = relay.addTunnel({ name: 'Mine' });
    const { code, lines } = await admin(['get', id], { OPENAI_ADMIN_KEY: '', CONTROL_PLANE_API_KEY: apiKey });
    expect(code).toBe(0);
    expect(lines.join('\n')).toContain('Mine');
    expect(
      await admin(['list', '--tenant-id', 't'], { OPENAI_ADMIN_KEY: '', CONTROL_PLANE_API_KEY: apiKey }),
    ).toMatchObject({
      code: 2,
      errors: expect.stringContaining('OPENAI_ADMIN_KEY') as string,
    });
  });

  it('names what the control plane refuses, also as JSON', async () => {
    const { apiKey } = relay.addTunnel();
    const list = ['list', '--organization-id', 'org_1'];
    const wrong = await admin(list, { OPENAI_ADMIN_KEY: 'sk-wrong' });
    expect(wrong).toMatchObject({ lines: [], errors: expect.stringContaining('admin key is refused') as string });
    const { code, lines, errors } = await admin([...list, '--json'], { OPENAI_ADMIN_KEY: apiKey });
    expect(code).toBe(3);
    expect(errors).toBe('');
    expect(JSON.parse(lines.join('\n'))).toMatchObject({
      error: {
        code: 'management_forbidden',
        service_code: 'tunnel_management_permission_required',
        status_code: 403,
      },
    });
    for (const text of [wrong.errors, lines.join('\n')]) expect(text).not.toMatch(/sk-/);
  });

  it('takes no key from the command line itself, and says which key is missing', async () => {
    const literal = await admin(['list', '--organization-id', 'org_1', '--admin-key', 'sk-admin-in-the-open']);
    expect(literal.code).toBe(2);
    expect(literal.errors).toContain('--admin-key');
    expect(literal.errors).not.toContain('in-the-open');
    const missing = await admin(['list', '--organization-id', 'org_1'], { OPENAI_ADMIN_KEY: '' });
    expect(missing.code).toBe(2);
    expect(missing.errors).toContain('admin key');
    expect(missing.errors).not.toMatch(/runtime key/i);
  });

  it.each([
    ['deleting without --confirm', ['delete', `tunnel_${'a'.repeat(32)}`], '--confirm'],
    ['a list without a scope', ['list'], '--organization-id'],
    ['a list of two scopes', ['list', '--organization-id', 'a', '--workspace-id', 'b'], 'one of'],
    ['a tunnel without an owner', ['create', '--name', 'n', '--description', 'd'], '--workspace-id'],
    ['a change of nothing', ['update', `tunnel_${'a'.repeat(32)}`], '--name'],
    ['an id given twice', ['update', `tunnel_${'a'.repeat(32)}`, '--workspace-id', 'w,w'], 'twice'],
    ['a wrong tunnel id', ['get', 'tunnel_x'], '32 lower-case'],
    ['an address that is none', ['list', '--tenant-id', 't', '--control-plane.base-url', 'nowhere'], 'https://host'],
    ['a missing name', ['create', '--description', 'd'], '--name'],
  ])('refuses %s with the way out', async (_, args, hint) => {
    const { code, lines, errors } = await admin(args);
    expect(code).toBe(2);
    expect(lines).toEqual([]);
    expect(errors).toContain(hint);
  });
});
