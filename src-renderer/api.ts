import type { TunnelErrorData } from '../shared/errors.ts';
import type { CallArgs, CallName, CallResult, EventName, EventPayload, Reply, Transport } from '../shared/ipc.ts';
import { browserTransport } from './browser-transport.ts';

declare global {
  interface Window {
    /** Put there by the preload script; a browser has none. */
    readonly culvert?: Transport;
  }
}

export const transport: Transport = window.culvert ?? browserTransport();

/** A call as the contract has it: errors are values. */
export const call = <N extends CallName>(
  name: N,
  ...[args]: undefined extends CallArgs<N> ? [] : [CallArgs<N>]
): Promise<Reply<CallResult<N>>> => transport.call(name, args as CallArgs<N>);

export const on = <N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): (() => void) =>
  transport.on(event, listener);

type FailureListener = (error: TunnelErrorData) => void;
const failureListeners = new Set<FailureListener>();

export function onFailure(listener: FailureListener): () => void {
  failureListeners.add(listener);
  return () => failureListeners.delete(listener);
}

/** A call whose failure is shown as a notice; `undefined` means that it failed or has no result. */
export async function run<N extends CallName>(
  name: N,
  ...args: undefined extends CallArgs<N> ? [] : [CallArgs<N>]
): Promise<CallResult<N> | undefined> {
  const reply = await call(name, ...args);
  if (reply.ok) return reply.value;
  for (const listener of failureListeners) listener(reply.error);
  return undefined;
}
