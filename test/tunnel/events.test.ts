import { expect, it } from 'vitest';
import { CallEvents, type CallObserver } from '../../src-main/call/events.ts';
import { call, ok, rig, settle } from '../support/call-rig.ts';

const names = ['received', 'queued', 'dispatched', 'notified', 'answered', 'posted', 'ended'] as const;

it('every step of a call is told once, in its order, to all who listen, until they no longer do', async () => {
  const self = rig();
  const told: string[] = [];
  const listen = (who: string): CallObserver =>
    Object.fromEntries(
      names.map((name) => [
        name,
        ({ requestId }: { requestId: string }) => void told.push(`${who} ${name} ${requestId}`),
      ]),
    );
  const stop = self.events.subscribe(listen('one'));
  self.events.subscribe(listen('two'));
  self.poll(call('a'));
  stop();
  self.main.calls[0]?.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"notifications/message"}'));
  self.main.calls[0]?.answer(ok);
  await settle();
  for (const post of self.posts) post.gets(200);
  self.posts[1]?.gets(200);
  expect(told.filter((line) => line.startsWith('one'))).toEqual(['one received a', 'one queued a', 'one dispatched a']);
  expect(told.filter((line) => line.startsWith('two'))).toEqual(names.map((name) => `two ${name} a`));
});

it('an observer that throws or rejects harms neither the call nor the other observers', async () => {
  const faults: unknown[] = [];
  const events = new CallEvents((error) => faults.push(error));
  const self = rig({ events });
  const broken = (): never => {
    throw new Error('observer');
  };
  const ended: string[] = [];
  events.subscribe(Object.fromEntries(names.map((name) => [name, broken])));
  events.subscribe({ ended: () => Promise.reject(new Error('observer')) }, { awaited: true });
  events.subscribe({ ended: ({ status }) => void ended.push(status) });
  self.poll(call('a'));
  self.main.calls[0]?.answer(ok);
  await settle();
  self.posts[0]?.gets(200);
  await settle();
  expect(ended).toEqual(['ok']);
  expect(faults).toHaveLength(7);
  await self.dispatcher.idle();
});

it('a call that an audit wants awaited is in flight until the audit is done, and no longer for anybody else', async () => {
  const self = rig();
  let written: () => void = () => undefined;
  self.events.subscribe({ ended: () => new Promise<void>((resolve) => (written = resolve)) }, { awaited: true });
  self.events.subscribe({ ended: () => new Promise<void>(() => undefined) });
  self.poll(call('a'));
  self.main.calls[0]?.answer(ok);
  await settle();
  self.posts[0]?.gets(200);
  let idle = false;
  void self.dispatcher.idle().then(() => (idle = true));
  await settle();
  expect([idle, self.dispatcher.inFlight]).toEqual([false, 0]);
  written();
  await settle();
  expect(idle).toBe(true);
});

it('calls have ids of the process, one after the other, over all tunnels', () => {
  const events = new CallEvents();
  const ids: number[] = [];
  events.subscribe({ received: ({ id }) => void ids.push(id) });
  for (const self of [rig({ events }), rig({ events })]) self.poll(call('a'), call('b'));
  expect(ids).toEqual([1, 2, 3, 4]);
});
