import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { decodeString, isNull, JsonReader } from '../json/scan.ts';
import { isWellFormed } from '../json/structure.ts';
import { badJson } from './api-error.ts';

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
const typeSchema = z.enum(responseTypes);
const headersSchema = z.record(z.string(), z.array(z.string()));

function readHeaders(text: string): Answer['headers'] {
  const parsed = headersSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw badJson('resp_headers must map names to lists of strings.', 'resp_headers');
  try {
    for (const [name, values] of Object.entries(parsed.data)) {
      validateHeaderName(name);
      for (const value of values) validateHeaderValue(name, value);
    }
  } catch {
    throw badJson('resp_headers holds a name or a value that HTTP does not allow.', 'resp_headers');
  }
  return parsed.data;
}

/**
 * Reads a posted response, strictly: the contract allows no unknown member. Throws 400. The JSON-RPC message inside is
 * not decoded, so that numbers, key order and escapes reach the caller as the MCP server wrote them.
 */
export function readAnswer(body: Buffer): Answer {
  if (!isWellFormed(body)) throw badJson('The body is not JSON.');
  const reader = new JsonReader(body);
  if (!reader.enterObject()) throw badJson('The body is not a JSON object.');

  let requestId: string | undefined;
  let type: Answer['type'] = 'jsonrpc_response';
  let code = Number.NaN;
  let headers: Answer['headers'] = {};
  let json: Buffer | undefined;
  while (reader.nextMember()) {
    const { key } = reader;
    const span = reader.skip();
    const text = (): string => body.toString('utf8', span.start, span.end);
    switch (key) {
      case 'request_id':
        requestId = decodeString(body, span);
        break;
      case 'channel':
        if (!isNull(body, span) && decodeString(body, span) === undefined)
          throw badJson('channel must be a string.', 'channel');
        break;
      case 'resp_json':
        json = isNull(body, span) ? undefined : body.subarray(span.start, span.end);
        if (json !== undefined && json[0] !== 0x7b) throw badJson('resp_json must be an object.', 'resp_json');
        break;
      case 'resp_headers':
        headers = readHeaders(text());
        break;
      case 'resp_code':
        code = Number(text());
        break;
      case 'resp_type': {
        const parsed = typeSchema.safeParse(decodeString(body, span));
        if (!parsed.success) throw badJson(`resp_type must be one of ${responseTypes.join(', ')}.`, 'resp_type');
        type = parsed.data;
        break;
      }
      case 'resp_timing':
        if (!timingSchema.safeParse(JSON.parse(text())).success)
          throw badJson('resp_timing must hold version, transport and target_elapsed_us.', 'resp_timing');
        break;
      default:
        throw badJson(`Unknown member ${JSON.stringify(key.slice(0, 64))}.`, key.slice(0, 64));
    }
  }
  if (requestId === undefined || requestId === '') throw badJson('request_id must be a string.', 'request_id');
  if (!Number.isInteger(code) || code < 100 || code > 599)
    throw badJson('resp_code must be an HTTP status.', 'resp_code');
  if (json === undefined && (type === 'jsonrpc_response' || type === 'jsonrpc_notify'))
    throw badJson(`${type} needs resp_json.`, 'resp_json');
  return { requestId, type, code, headers, json };
}
