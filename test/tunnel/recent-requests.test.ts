import { describe, expect, it } from 'vitest';
import { RecentRequests } from '../../src-main/tunnel/recent-requests.ts';

const minutes = (count: number): number => count * 60_000;

describe('a request id', () => {
  it('is known while its command is in flight, however long, and ten minutes after', () => {
    const inFlight = ['slow'];
    const recent = new RecentRequests(() => inFlight);
    expect(recent.admit('slow', 0)).toBe(true);
    for (let at = 1; at <= 60; at++) {
      expect(recent.admit(`other ${at}`, minutes(at))).toBe(true);
      expect(recent.admit('slow', minutes(at))).toBe(false);
    }
    inFlight.length = 0;
    expect(recent.admit('slow', minutes(70) - 1)).toBe(false);
  });

  it('is forgotten in the end', () => {
    const recent = new RecentRequests(() => []);
    recent.admit('a', 0);
    expect(recent.admit('b', minutes(11))).toBe(true);
    expect(recent.admit('c', minutes(22))).toBe(true);
    expect(recent.admit('a', minutes(22))).toBe(true);
  });

  it('is known among thousands of others, which are bounded', () => {
    const recent = new RecentRequests(() => []);
    for (let index = 0; index < 30_000; index++) recent.admit(`id ${index}`, 1);
    expect(recent.admit('id 29999', 1)).toBe(false);
    expect(recent.admit('id 21000', 1)).toBe(false);
    expect(recent.admit('id 0', 1)).toBe(true);
  });
});
