import { isObject, membersOf, parseJson } from './json.ts';

/** A caller's JSON-RPC message, as far as the relay cares. */
export type CallerMessage =
  | { readonly kind: 'request'; readonly method: string; readonly rpcId: string }
  | { readonly kind: 'notification'; readonly method: string; readonly cancels?: string }
  | { readonly kind: 'response' }
  | { readonly kind: 'batch' }
  | { readonly kind: 'invalid' };

/** Ids are the bytes that the caller wrote: `1` and `1.0` are two. */
export function readMessage(payload: Buffer): CallerMessage {
  const value = parseJson(payload);
  if (Array.isArray(value)) return { kind: 'batch' };
  if (!isObject(value)) return { kind: 'invalid' };
  const { method } = value;
  if (typeof method !== 'string') return { kind: 'result' in value || 'error' in value ? 'response' : 'invalid' };
  const members = membersOf(payload);
  const id = members.get('id');
  if (id) return { kind: 'request', method, rpcId: id.toString() };
  const params = members.get('params');
  const cancels =
    method === 'notifications/cancelled' && params && isObject(value['params'])
      ? membersOf(params).get('requestId')?.toString()
      : undefined;
  return { kind: 'notification', method, ...(cancels !== undefined && { cancels }) };
}
