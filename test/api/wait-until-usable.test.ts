import { describe, expect, it } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { waitUntilUsable, type Patience } from '../../src-main/drafts/wait-until-usable.ts';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { cleanUp } from '../support/network.ts';

const newTunnel: Patience = { why: 'new-tunnel', ageMs: 2_000 };
const refused = (detail?: string) =>
  new TunnelError('unauthorized', 'control-plane', { status: 401, ...(detail === undefined ? {} : { detail }) });

/** Lets time pass whenever there is a pause, and counts the tries; the last answer holds on. */
async function wait(answers: readonly (TunnelError | undefined)[], patience: Patience | undefined) {
  const clock = new FakeClock();
  const told: unknown[] = [];
  let tries = 0;
  const started = clock.now();
  const outcome = await waitUntilUsable({
    attempt: () => Promise.resolve(answers[Math.min(tries++, answers.length - 1)]),
    patience,
    clock,
    cancellation: new Cancellation(),
    tell: (each) => {
      told.push(each?.attempts);
      if (each) queueMicrotask(() => clock.pass(each.nextTryAt - clock.wall()));
    },
  });
  return {
    code: outcome?.code,
    params: outcome?.params,
    tries,
    told,
    spent: clock.now() - started,
    left: clock.pending,
  };
}

describe('what time may change', () => {
  it('is tried until it is accepted, and each try is told', async () => {
    expect(await wait([refused(), refused(), undefined], newTunnel)).toEqual({
      tries: 3,
      told: [1, 2, undefined],
      spent: 6_000,
      left: 0,
    });
  });

  it('is not waited for without a reason to, nor when the key is unknown or the address is wrong', async () => {
    expect(await wait([refused(), undefined], undefined)).toMatchObject({ code: 'unauthorized', tries: 1, told: [] });
    expect(await wait([refused('invalid_api_key')], newTunnel)).toMatchObject({ code: 'unauthorized', tries: 1 });
    const unknownHost = new TunnelError('dns_failed', 'control-plane');
    expect(await wait([unknownHost], newTunnel)).toMatchObject({ code: 'dns_failed', tries: 1 });
    expect(await wait([refused(), unknownHost, undefined], newTunnel)).toMatchObject({ tries: 3 });
  });

  it('is given up after two minutes for a tunnel and half an hour for a role, with the answer that it got', async () => {
    const detail = 'tunnel_use_forbidden';
    expect(await wait([refused(detail)], newTunnel)).toMatchObject({
      code: 'tunnel_not_usable_yet',
      params: { seconds: 120, status: 401, detail },
      spent: 118_000,
      left: 0,
    });
    const role = await wait([refused(detail)], { why: 'new-role', ageMs: 0 });
    expect(role).toMatchObject({ code: 'role_not_active', params: { minutes: 35, detail }, left: 0 });
    expect(role.tries).toBe(71);
  });
});

describe('the proof of a draft at a real control plane', () => {
  /** A draft with a runtime key at a relay. */
  async function setUp(relay: Relay, key: string, clock: FakeClock): Promise<{ host: TestHost; id: string }> {
    cleanUp(() => relay.close());
    const host = await startHost({ clock });
    const { id } = await host.get('drafts.create', {});
    const servers = [{ key: 'a', channel: 'main', kind: 'http' as const, url: 'http://127.0.0.1:1/mcp', headers: [] }];
    await host.get('drafts.update', { id, patch: { servers, controlPlane: relay.address } });
    await host.get('secrets.set', { owner: id, slot: 'api_key', value: key });
    return { host, id };
  }

  const create = async (relay: Relay, host: TestHost, id: string): Promise<ManagedTunnel> => {
    const at = { draft: id };
    await host.get('management.setKey', { at, key: relay.adminKey });
    const tunnel = { name: 'New', description: '', organizationIds: ['org_1'], workspaceIds: [], tenantIds: [] };
    const created = await host.get('management.create', { at, tunnel });
    await host.get('drafts.update', { id, patch: { tunnelId: created.id } });
    return created;
  };

  it('waits for a tunnel that was just created, and counts that as no failure', async () => {
    const clock = new FakeClock();
    let age = 0;
    const relay = await createRelay({ newTunnelDelayMs: 30_000, now: () => age });
    const { host, id } = await setUp(relay, relay.addKey({}), clock);
    const created = await create(relay, host, id);
    const waits: unknown[] = [];
    host.on('draft.waiting', ({ wait: each }) => {
      waits.push(each?.error.code);
      if (waits.length === 2) age = 30_000;
      if (each) setImmediate(() => clock.pass(each.nextTryAt - clock.wall()));
    });
    const read = await host.get('drafts.probeControlPlane', { id });
    expect(read.evidence).toMatchObject([{ outcome: 'pass', facts: { name: 'New' } }]);
    expect(waits).toEqual(['tunnel_not_found', 'tunnel_not_found', undefined]);
    expect(host.events.filter(({ name }) => name === 'draft.evidence')).toHaveLength(1);
    const used = await host.get('drafts.probeKey', { id });
    expect(used.evidence).toMatchObject([{ step: 'key.use', outcome: 'pass' }]);
    expect(relay.connected(created.id)).toBe(true);
  });

  it('waits by real polls of one tunnel for a role to become active, when told to', async () => {
    const clock = new FakeClock();
    const relay = await createRelay();
    const key = relay.addKey({ permissions: ['read'] });
    const { host, id } = await setUp(relay, key, clock);
    const { id: tunnelId } = relay.addTunnel();
    await host.get('drafts.update', { id, patch: { tunnelId } });
    const once = await host.get('drafts.probeKey', { id });
    expect(once.evidence).toMatchObject([{ outcome: 'fail', error: { params: { detail: 'tunnel_use_forbidden' } } }]);
    let waits = 0;
    host.on('draft.waiting', ({ wait: each }) => {
      if (!each) return;
      if (++waits === 3) relay.addKey({ secret: key });
      setImmediate(() => clock.pass(each.nextTryAt - clock.wall()));
    });
    const used = await host.get('drafts.probeKey', { id, patience: 'new-role' });
    expect(used.evidence).toMatchObject([{ step: 'key.use', outcome: 'pass' }]);
    expect(waits).toBe(3);
    expect(relay.connected(tunnelId)).toBe(true);
  });

  it('ends a wait at a person’s word or when the window is gone, with the last refusal', async () => {
    for (const end of ['cancel', 'leave'] as const) {
      const clock = new FakeClock();
      const relay = await createRelay({ newTunnelDelayMs: 600_000 });
      const { host, id } = await setUp(relay, relay.addKey({}), clock);
      await create(relay, host, id);
      host.on('draft.waiting', ({ wait: each }) => {
        if (!each) return;
        if (end === 'leave') host.leave();
        else void host.call('drafts.cancelProbe', { id });
      });
      const { evidence } = await host.get('drafts.probeControlPlane', { id });
      expect(evidence).toMatchObject([{ outcome: 'fail', error: { code: 'tunnel_not_found' } }]);
      expect(clock.pending).toBe(0);
    }
  });

  it('looks at a new try, not at what the tunnel came to before', async () => {
    const relay = await createRelay();
    const wrong = relay.addKey({ permissions: ['read'] });
    const { host, id } = await setUp(relay, wrong, new FakeClock());
    await host.get('drafts.update', { id, patch: { tunnelId: relay.addTunnel().id } });
    expect((await host.get('drafts.probeKey', { id })).evidence[0]?.outcome).toBe('fail');
    await host.get('secrets.set', { owner: id, slot: 'api_key', value: relay.addKey({}) });
    expect((await host.get('drafts.probeKey', { id })).evidence[0]?.outcome).toBe('pass');
  });
});
