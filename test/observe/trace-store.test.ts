import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TraceRecord } from '../../src-main/call/record.ts';
import { TraceStore, type Capture, type TraceChange } from '../../src-main/observe/trace-store.ts';
import { endCall, openCall } from '../support/stored-calls.ts';

const bytes = (size: number) => Buffer.alloc(size, 'x');
const all: Capture = { bodies: true, maxBodyBytes: 1000 };

function storeOf(options: { bodyBudget?: number; maxRows?: number; capture?: () => Capture | undefined } = {}) {
  const { bodyBudget = 10_000, maxRows = 100, capture = () => all } = options;
  return new TraceStore({ bodyBudget, maxRows }, capture);
}

function add(store: TraceStore, size: number, status: TraceRecord['status'] = 'ok'): TraceRecord {
  const record = openCall(store, {}, bytes(size));
  record.status = status;
  endCall(store, record, bytes(size));
  return record;
}

describe('trace store', () => {
  it('keeps the bodies of a call, and never the buffer they came in', () => {
    const store = storeOf();
    const poll = Buffer.from('{"commands":[{"id":1}]}');
    const record = openCall(store, {}, poll.subarray(13, 21));
    poll.fill(0);
    expect(store.body(record.id, 'request')?.toString()).toBe('{"id":1}');
    expect(record.request).toEqual({ size: 8, kept: 'kept' });
  });

  it('drops the oldest bodies when the budget is used up, and keeps their rows', () => {
    const store = storeOf({ bodyBudget: 1000 });
    const first = add(store, 300);
    const second = add(store, 300);
    expect(store.bodyBytes).toBeLessThanOrEqual(1000);
    expect(store.get(first.id)).toMatchObject({ request: { kept: 'dropped' }, response: { size: 300, kept: 'kept' } });
    expect(store.body(first.id, 'request')).toBeUndefined();
    expect(store.body(second.id, 'response')).toHaveLength(300);
    add(store, 300);
    expect(store.get(first.id)?.response).toEqual({ size: 300, kept: 'dropped' });
    expect(store.count).toBe(3);
  });

  it('drops the bodies of pinned calls last', () => {
    const store = storeOf({ bodyBudget: 1000 });
    const pinned = add(store, 200);
    store.pin(pinned.id, true);
    const next = add(store, 200);
    add(store, 200);
    expect(store.body(pinned.id, 'request')).toHaveLength(200);
    expect(store.body(next.id, 'request')).toBeUndefined();
  });

  it('keeps the first bytes of a body that is too long, and says so', () => {
    const store = storeOf({ capture: () => ({ bodies: true, maxBodyBytes: 10 }) });
    const record = add(store, 25);
    expect(record.request).toEqual({ size: 25, kept: 'truncated' });
    expect(store.body(record.id, 'request')).toHaveLength(10);
  });

  it('keeps no body where capture is off', () => {
    const store = storeOf({ capture: () => undefined });
    const record = add(store, 25);
    expect(record.request).toEqual({ size: 25, kept: 'off' });
    expect(store.bodyBytes).toBe(0);
  });

  it('is bounded in rows, and finds those it has by id and by place', () => {
    const store = storeOf({ maxRows: 50 });
    for (let made = 0; made < 10_000; made++) add(store, 10, made % 2 === 0 ? 'ok' : 'failed');
    expect([store.count, store.errors]).toEqual([50, 25]);
    expect(store.at(0)?.id).toBe(9951);
    expect(store.get(10_000)?.id).toBe(10_000);
    expect(store.get(9950)).toBeUndefined();
    expect(store.bodyBytes).toBe(50 * 20);
  });

  it('clears all but what is pinned or under way', () => {
    const store = storeOf();
    const pinned = add(store, 10);
    store.pin(pinned.id, true);
    add(store, 10, 'failed');
    const running = openCall(store, {}, bytes(10));
    expect(store.clear()).toBe(1);
    expect([store.at(0)?.id, store.at(1)?.id, store.errors]).toEqual([pinned.id, running.id, 0]);
    expect(store.bodyBytes).toBe(30);
  });

  it('keeps notifications in order, marks the dropped, and counts those beyond its bound', () => {
    const store = storeOf();
    const record = openCall(store, {}, bytes(1));
    for (let sent = 0; sent < 300; sent++) store.notified(record, undefined, bytes(1), sent === 7);
    expect(record.notifications).toBe(300);
    expect(store.notifications(record.id)).toHaveLength(200);
    expect(store.notifications(record.id).findIndex(({ dropped }) => dropped)).toBe(7);
  });

  it('keeps bodies of every length, in the order they came, as long as there is room', () => {
    const store = storeOf({ bodyBudget: 1_000_000, capture: () => ({ bodies: true, maxBodyBytes: 1_000_000 }) });
    const records = Array.from({ length: 400 }, (_, index) => add(store, (index * 7919) % 40_000));
    expect(store.bodyBytes).toBeLessThanOrEqual(1_000_000);
    const kept = records.filter(({ id }) => store.body(id, 'response'));
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.at(-1)).toBe(records.at(-1));
    for (const { id, response } of kept) expect(store.body(id, 'response')).toEqual(bytes(response?.size ?? -1));
  });

  it('keeps the body of a call that ends after others took its room', () => {
    const store = storeOf({ bodyBudget: 1000 });
    const slow = openCall(store, {}, bytes(300));
    for (let made = 0; made < 5; made++) add(store, 200);
    endCall(store, slow, bytes(300));
    expect(store.get(slow.id)).toMatchObject({ request: { kept: 'dropped' }, response: { size: 300, kept: 'kept' } });
    expect(store.body(slow.id, 'response')).toHaveLength(300);
  });

  it('shows what became known after the end of a call', () => {
    const store = storeOf();
    const record = add(store, 10, 'expired');
    record.answeredMs = 5000;
    store.answered(record);
    expect(store.get(record.id)).toMatchObject({ status: 'expired', answeredMs: 5000, response: { size: 10 } });
  });

  it('gives up pinned bodies too when they alone are more than the budget', () => {
    const store = storeOf({ bodyBudget: 1000 });
    const [first, second] = [add(store, 300), add(store, 300)];
    store.pin(second.id, true);
    store.pin(first.id, true);
    store.setLimits({ bodyBudget: 700, maxRows: 100 });
    expect(store.bodyBytes).toBeLessThanOrEqual(700);
    expect([store.isPinned(first.id), store.isPinned(second.id)]).toEqual([true, true]);
    store.pin(first.id, false);
    store.pin(second.id, false);
    expect(store.bodyBytes).toBeLessThanOrEqual(700);
  });

  describe('listeners', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('are told in batches, each call once', () => {
      const store = storeOf({ maxRows: 10_000 });
      const changes: TraceChange[] = [];
      store.onChange((change) => changes.push(change));
      for (let made = 0; made < 1000; made++) add(store, 1);
      vi.advanceTimersByTime(60);
      expect(changes.map(({ changed }) => changed.length)).toEqual([1000]);
    });
  });
});
