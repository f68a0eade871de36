import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { ApiError, badJson } from './api-error.ts';
import { hasLoneSurrogate, isObject, membersOf, parseJson } from './json.ts';

const responseTypes = [
  'jsonrpc_response',
  'jsonrpc_notify',
  'notify_ack',
  'session_termination_response',
  'oauth_discovery_response',
] as const;

/** What a tunnel client posted for a command (protocol.md, "Posting a response"). */
export interface Answer {
  readonly requestId: string;
  readonly type: (typeof responseTypes)[number];
  /** HTTP status of the MCP interaction, as posted. */
  readonly code: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The JSON-RPC message in its own bytes: a slice of the posted body. */
  readonly json: Buffer | undefined;
}

const timingSchema = z.object({
  version: z.literal(1),
  transport: z.enum(['stdio', 'streamable_http']),
  target_elapsed_us: z.number().int().nonnegative(),
});
const headersSchema = z.record(z.string(), z.array(z.string())).refine(areHttpHeaders);

/** Strict: the contract allows no unknown member. */
const answerSchema = z.strictObject({
  request_id: z.string().min(1),
  channel: z.string().nullish(),
  resp_json: z.looseObject({}).nullish(),
  resp_headers: headersSchema.default({}),
  resp_code: z.number().int().min(100).max(599),
  resp_type: z.enum(responseTypes).default('jsonrpc_response'),
  resp_timing: timingSchema.optional(),
});

const allowed: Readonly<Record<string, string>> = {
  request_id: 'request_id must be a string.',
  channel: 'channel must be a string.',
  resp_json: 'resp_json must be an object.',
  resp_headers: 'resp_headers must map names to lists of strings that HTTP allows.',
  resp_code: 'resp_code must be an HTTP status.',
  resp_type: `resp_type must be one of ${responseTypes.join(', ')}.`,
  resp_timing: 'resp_timing must hold version, transport and target_elapsed_us.',
};

function areHttpHeaders(headers: Readonly<Record<string, readonly string[]>>): boolean {
  try {
    for (const [name, values] of Object.entries(headers)) {
      validateHeaderName(name);
      for (const value of values) validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** A text of the answer is half a character: the service cannot pass it on, and ends the command itself. */
export class UnusableAnswer extends ApiError {
  readonly requestId: string;

  constructor(requestId: string) {
    super(400, 'invalid_json_payload', 'resp_json holds a lone surrogate.', { param: 'resp_json' });
    this.requestId = requestId;
  }
}

/**
 * Reads a posted response. Throws 400, an `UnusableAnswer` where the command is over. The JSON-RPC message inside is handed
 * on in its own bytes, so that numbers, key order and escapes reach the caller as the MCP server wrote them.
 */
export function readAnswer(body: Buffer): Answer {
  const value = parseJson(body);
  if (value === undefined) throw badJson('The body is not JSON.');
  if (!isObject(value)) throw badJson('The body is not a JSON object.');
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '').slice(0, 64) : undefined;
    if (unknown !== undefined) throw badJson(`Unknown member ${JSON.stringify(unknown)}.`, unknown);
    const name = String(issue?.path[0] ?? '');
    throw badJson(allowed[name] ?? 'The body is no answer.', name);
  }
  const { request_id: requestId, resp_type: type, resp_code: code, resp_headers: headers } = parsed.data;
  const json = isObject(parsed.data.resp_json) ? membersOf(body).get('resp_json') : undefined;
  if (json === undefined && (type === 'jsonrpc_response' || type === 'jsonrpc_notify'))
    throw badJson(`${type} needs resp_json.`, 'resp_json');
  if (json && hasLoneSurrogate(json, value['resp_json'])) throw new UnusableAnswer(requestId);
  return { requestId, type, code, headers, json };
}
