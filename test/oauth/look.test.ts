import { expect, it } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import type { DiscoveryResult } from '../../src-main/oauth/discovery.ts';
import { lookUntilKnown } from '../../src-main/oauth/look.ts';
import { FakeClock } from '../support/fake-clock.ts';

const failed: DiscoveryResult = { kind: 'failed', error: new TunnelError('timed_out', 'oauth') };

it('a server in trouble is looked at again, less and less often, until it tells', async () => {
  const clock = new FakeClock();
  const answers: DiscoveryResult[] = [failed, failed, { kind: 'none' }];
  const told: string[] = [];
  const discover = async (): Promise<DiscoveryResult> => answers.shift() ?? failed;
  const looking = lookUntilKnown({ discover }, clock, new Cancellation(), ({ kind }) => told.push(kind));
  await expect.poll(() => clock.pending).toBe(1);
  clock.pass(10_000);
  await expect.poll(() => told.length).toBe(2);
  await expect.poll(() => clock.pending).toBe(1);
  clock.pass(10_000);
  expect(told).toEqual(['failed', 'failed']);
  clock.pass(10_000);
  await looking;
  expect(told).toEqual(['failed', 'failed', 'none']);
  expect(clock.pending).toBe(0);
});

it('a tunnel that stops ends the looking, and the wait for the next look', async () => {
  const clock = new FakeClock();
  const cancellation = new Cancellation();
  const looking = lookUntilKnown({ discover: async () => failed }, clock, cancellation, () => undefined);
  await expect.poll(() => clock.pending).toBe(1);
  cancellation.cancel('shutdown');
  await looking;
  expect(clock.pending).toBe(0);
});
