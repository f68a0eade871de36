import { describe, expect, it } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import type { Caller, Handlers } from '../../shared/ipc.ts';
import { createDispatch } from '../../src-main/api/dispatch.ts';

const caller: Caller = { id: 'test', host: 'window', send: () => undefined, onGone: () => undefined };
const unforeseen: unknown[] = [];
const dispatch = (handlers: Partial<Handlers>) =>
  createDispatch(handlers as Handlers, (_name, cause) => void unforeseen.push(cause));

describe('the wrapper around every handler', () => {
  it('passes parsed arguments on and wraps the result', async () => {
    const call = dispatch({ 'profiles.create': ({ name }) => ({ id: `p-${name}` }) });
    expect(await call('profiles.create', { name: 'crm' }, caller)).toEqual({ ok: true, value: { id: 'p-crm' } });
  });

  it.each([
    ['an unknown call', 'profiles.explode', {}],
    ['an inherited name', 'constructor', {}],
    ['wrong arguments', 'profiles.create', { name: 7 }],
    ['arguments nobody asked for', 'profiles.create', { name: 'crm', path: '/etc/passwd' }],
    ['no arguments where some are needed', 'tunnels.start', undefined],
  ])('refuses %s', async (_what, name, args) => {
    const call = dispatch({ 'profiles.create': () => ({ id: 'never' }), 'tunnels.start': () => undefined });
    expect(await call(name, args, caller)).toMatchObject({ ok: false, error: { code: 'bad_request' } });
  });

  it('tells what a call changed before its answer goes out, also when it fails', async () => {
    const order: string[] = [];
    const handlers = {
      'tunnels.start': () => {
        order.push('changed');
        throw new TunnelError('key_missing', 'control-plane');
      },
    } as Partial<Handlers> as Handlers;
    const call = createDispatch(
      handlers,
      () => undefined,
      () => order.push('told'),
    );
    await call('tunnels.start', { id: 'p' }, caller).then(() => order.push('answered'));
    expect(order).toEqual(['changed', 'told', 'answered']);
  });

  it('turns an error of ours into data', async () => {
    const call = dispatch({
      'tunnels.start': () => {
        throw new TunnelError('key_missing', 'control-plane', { profile: 'crm' });
      },
    });
    const reply = await call('tunnels.start', { id: 'p' }, caller);
    expect(reply).toEqual({
      ok: false,
      error: { code: 'key_missing', leg: 'control-plane', params: { profile: 'crm' } },
    });
  });

  it('tells nothing of an error nobody foresaw, and reports it', async () => {
    const call = dispatch({
      'tunnels.start': () => {
        throw new Error('sk-secret in a message');
      },
    });
    const reply = await call('tunnels.start', { id: 'p' }, caller);
    expect(JSON.stringify(reply)).not.toContain('sk-secret');
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(unforeseen).toHaveLength(1);
  });
});
