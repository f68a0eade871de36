import { TunnelError } from '../../shared/errors.ts';
import type { HeaderList } from '../../shared/trace.ts';
import type { Command } from '../call/command.ts';
import { wrap } from '../json/roomy.ts';
import { describeFailure, failureMessage } from './failure.ts';
import { responseHeadersJson, type ContentTypeRule } from './response-headers.ts';

export type ResponseType =
  'jsonrpc_response' | 'jsonrpc_notify' | 'notify_ack' | 'session_termination_response' | 'oauth_discovery_response';

export interface ResponseParts {
  readonly type: ResponseType;
  readonly status: number;
  readonly headers: HeaderList;
  /** Goes into `resp_json` byte for byte: it must be one well-formed JSON value. */
  readonly json?: Buffer | undefined;
  readonly timing?: ResponseTiming | undefined;
}

/** How long the server worked on a call that reached it: from its dispatch to its answer. */
export interface ResponseTiming {
  readonly transport: 'stdio' | 'streamable_http';
  readonly targetElapsedMs: number;
}

const timingJson = ({ transport, targetElapsedMs }: ResponseTiming): string =>
  `,"resp_timing":{"version":1,"transport":"${transport}","target_elapsed_us":${Math.max(0, Math.round(targetElapsedMs * 1_000))}}`;

const contentTypeRules: Readonly<Record<ResponseType, ContentTypeRule>> = {
  jsonrpc_response: 'message',
  jsonrpc_notify: 'notification',
  notify_ack: 'as-is',
  session_termination_response: 'as-is',
  oauth_discovery_response: 'as-is',
};

/** The body of a response POST (protocol.md, "Posting a response"). The shard token has no place in it. */
export function responseBody(command: Command, parts: ResponseParts): Buffer {
  const { type, status, headers, json, timing } = parts;
  const head = `{"request_id":${command.requestIdJson},"channel":"${command.channel}"`;
  const headersJson = responseHeadersJson(headers, contentTypeRules[type]);
  const tail = `${headersJson === undefined ? '' : `,"resp_headers":${headersJson}`},"resp_code":${status},"resp_type":"${type}"${timing === undefined ? '' : timingJson(timing)}}`;
  if (json === undefined) return Buffer.from(head + tail);
  return wrap(`${head},"resp_json":`, json, tail);
}

/** What is posted in place of an answer that the service finds too large: its caller would wait in vain. */
export function tooLargeInstead(command: Command, { json, status, headers }: ResponseParts): ResponseParts {
  const error = new TunnelError('body_too_large', 'control-plane', { bytes: json?.length ?? 0, status });
  const failure = describeFailure(error);
  return { type: 'jsonrpc_response', status: failure.status, headers, json: failureMessage(command, error, failure) };
}
