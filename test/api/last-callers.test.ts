import { expect, test } from 'vitest';
import { LastCallers } from '../../src-main/api/last-callers.ts';
import { headlessLimits, TraceStore } from '../../src-main/observe/trace-store.ts';
import { endCall, openCall } from '../support/stored-calls.ts';

function tunnel(bodies = true) {
  const store = new TraceStore(headlessLimits, () => ({ bodies, maxBodyBytes: 1_048_576 }));
  const callers = new LastCallers(store);
  const call = (method: string, params: unknown): void => {
    const request = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const record = openCall(store, { method }, request);
    endCall(store, record);
    callers.called(record);
  };
  return { call, said: () => callers.of('t') };
}

test('a tunnel knows what its last client said of itself at initialize, and through the calls after it', () => {
  const { call, said } = tunnel();
  expect(said()).toBeUndefined();
  call('initialize', { protocolVersion: '2025-11-25', clientInfo: { name: 'first', version: '1.0' } });
  call('tools/call', { name: 'add' });
  expect(said()).toEqual({ name: 'first', version: '1.0' });
  call('tools/call', { name: 'clientInfo', arguments: { clientInfo: { name: 'not me' } } });
  expect(said()).toEqual({ name: 'first', version: '1.0' });
});

test('a client without a session says it with every call', () => {
  const { call, said } = tunnel();
  call('initialize', { clientInfo: { name: 'first' } });
  call('tools/list', { _meta: { 'io.modelcontextprotocol/clientInfo': { name: 'second', version: '2' } } });
  expect(said()).toEqual({ name: 'second', version: '2' });
});

test('nobody is guessed: not from nonsense, not when bodies are not kept', () => {
  const { call, said } = tunnel();
  call('initialize', { clientInfo: { name: 7 } });
  call('initialize', { clientInfo: 'somebody' });
  expect(said()).toBeUndefined();
  const blind = tunnel(false);
  blind.call('initialize', { clientInfo: { name: 'first' } });
  expect(blind.said()).toBeUndefined();
});
