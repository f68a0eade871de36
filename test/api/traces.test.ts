import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Caller, EventPayload } from '../../shared/ipc.ts';
import { hiddenValue } from '../../shared/trace-view.ts';
import { copyAs, exportLine, revealValue, traceBody, traceDetail } from '../../src-main/api/traces/detail.ts';
import { TraceSubscriptions } from '../../src-main/api/traces/subscriptions.ts';
import type { TraceRecord } from '../../src-main/call/record.ts';
import { TraceStore } from '../../src-main/observe/trace-store.ts';
import { endCall, openCall } from '../support/stored-calls.ts';
import { BodyReader } from '../../src-main/detect/body-reader.ts';

const capture = { bodies: true, maxBodyBytes: 100_000 };
const newStore = (maxRows = 200_000) => new TraceStore({ bodyBudget: 64 * 1024 * 1024, maxRows }, () => capture);

function add(store: TraceStore, rest: Partial<TraceRecord> = {}, body = '{"jsonrpc":"2.0"}'): TraceRecord {
  const record = openCall(store, { tunnel: 'p1', status: 'ok', postedMs: 5, ...rest }, Buffer.from(body), [
    ['Authorization', 'Bearer abc'],
    ['Accept', 'x'],
  ]);
  endCall(store, record, Buffer.from('{"result":{"token":"t0p","a":1}}'));
  return record;
}

function watcher() {
  const deltas: EventPayload<'traces.delta'>[] = [];
  const cleanUps: (() => void)[] = [];
  const caller: Caller = {
    id: 'w',
    host: 'window',
    send: (event, payload) => {
      if (event === 'traces.delta') deltas.push(payload as EventPayload<'traces.delta'>);
    },
    onGone: (cleanUp) => void cleanUps.push(cleanUp),
  };
  return { caller, deltas, leave: () => cleanUps.forEach((cleanUp) => cleanUp()) };
}

const bodies = new BodyReader();
const lists = (store: TraceStore) => new TraceSubscriptions(store, bodies, (id) => `name of ${id}`);
const screen = { version: 1, from: 0, count: 3 };

describe('a list of calls', () => {
  it('shows the newest first, and only the part on screen', () => {
    const store = newStore();
    for (let made = 0; made < 10; made++) add(store);
    const { window } = lists(store).subscribe('', screen, watcher().caller);
    expect(window).toMatchObject({ total: 10, kept: 10, newer: 0 });
    expect(window.rows.map(({ id }) => id)).toEqual([10, 9, 8]);
  });

  it('is whole on the first screen, however busy the machine is', () => {
    const store = newStore();
    for (let made = 0; made < 1000; made++) add(store);
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10_000));
    const { window } = lists(store).subscribe('', { ...screen, count: 200 }, watcher().caller);
    clock.mockRestore();
    expect(window).toMatchObject({ total: 1000 });
    expect(window.rows).toHaveLength(200);
  });

  it('tells of new calls that match, and of calls that stop to match', async () => {
    const store = newStore();
    const { caller, deltas } = watcher();
    lists(store).subscribe('status:running', screen, caller);
    const record = openCall(store, { status: 'running' });
    await expect.poll(() => deltas.at(-1)?.window.total).toBe(1);
    record.status = 'ok';
    endCall(store, record);
    await expect.poll(() => deltas.at(-1)?.window.total).toBe(0);
  });

  it('stands still while newer calls come, and counts them', async () => {
    const store = newStore();
    for (let made = 0; made < 5; made++) add(store);
    const { caller, deltas } = watcher();
    lists(store).subscribe('', { ...screen, upTo: 5 }, caller);
    add(store);
    await expect.poll(() => deltas.at(-1)?.window.newer).toBe(1);
    expect(deltas.at(-1)?.window.rows.map(({ id }) => id)).toEqual([5, 4, 3]);
  });

  it('searches a hundred thousand calls in slices and finds every match', async () => {
    const store = newStore();
    for (let made = 0; made < 100_000; made++) add(store, { method: made % 1000 === 0 ? 'ping' : 'tools/call' });
    const { caller, deltas } = watcher();
    const { window } = lists(store).subscribe('method:ping', screen, caller);
    expect(window.searched).toBeGreaterThan(0);
    await expect.poll(() => deltas.at(-1)?.window).toMatchObject({ total: 100 });
    expect(deltas.at(-1)?.window).not.toHaveProperty('searched');
  });

  it('finds text in bodies, but never what is hidden', async () => {
    const store = newStore();
    add(store, {}, '{"params":{"query":"contracts","password":"hunter2"}}');
    const found = async (query: string) => {
      const subscriptions = lists(store);
      const { caller } = watcher();
      const { subscription } = subscriptions.subscribe(query, screen, caller);
      for (;;) {
        const { total, searched } = subscriptions.move(subscription, screen, caller);
        if (searched === undefined) return total;
        await nextTurn();
      }
    };
    expect([await found('contracts'), await found('hunter2')]).toEqual([1, 0]);
  });

  it('forgets calls that the store has forgotten, and ends with its window', async () => {
    const store = newStore(10);
    const { caller, deltas, leave } = watcher();
    const subscriptions = lists(store);
    subscriptions.subscribe('', screen, caller);
    for (let made = 0; made < 50; made++) add(store);
    await expect.poll(() => deltas.at(-1)?.window.total).toBe(10);
    leave();
    const before = deltas.length;
    const other = watcher();
    subscriptions.subscribe('', screen, other.caller);
    add(store);
    await expect.poll(() => other.deltas.length).toBeGreaterThan(0);
    expect(deltas).toHaveLength(before);
  });
});

describe('a call', () => {
  it('is shown masked: headers, bodies, export and copies alike', async () => {
    const store = newStore();
    const { id } = add(store, {}, `{"params":{"apiKey":"sk-1","it's":2}}`);
    const detail = traceDetail(store, id, () => []);
    expect(detail?.requestHeaders).toEqual([
      ['Authorization', hiddenValue],
      ['Accept', 'x'],
    ]);
    expect(await traceBody(store, bodies, id, 'request')).toMatchObject({
      hidden: ['/params/apiKey'],
      encoding: 'utf8',
    });
    const everything = [
      await exportLine(store, bodies, id),
      await copyAs(store, bodies, id, 'curl', undefined),
      await copyAs(store, bodies, id, 'json-rpc', undefined),
    ].join();
    expect(everything).not.toContain('sk-1');
    expect(everything).not.toContain('t0p');
    expect(everything).not.toContain('Bearer abc');
    expect(await copyAs(store, bodies, id, 'curl', undefined)).toContain('$API_KEY');
  });

  it('gives one hidden value away when asked for it by place', async () => {
    const store = newStore();
    const { id } = add(store);
    expect(await revealValue(store, bodies, id, { part: 'response', pointer: '/result/token' })).toBe('"t0p"');
    expect(await revealValue(store, bodies, id, { part: 'request-headers', pointer: 'authorization/0' })).toBe(
      'Bearer abc',
    );
    await expect(revealValue(store, bodies, id, { part: 'response', pointer: '/result/a' })).rejects.toThrow(
      'not_found',
    );
  });

  it('that is no longer kept says so', async () => {
    expect(traceDetail(newStore(), 7, () => [])).toBeUndefined();
    await expect(traceBody(newStore(), bodies, 7, 'request')).rejects.toThrow('not_found');
  });
});
