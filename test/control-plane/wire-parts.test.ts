import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src-main/call/command.ts';
import { readPollBody } from '../../src-main/control-plane/commands.ts';
import { responseBody } from '../../src-main/control-plane/envelope.ts';
import { requestHeaders } from '../../src-main/control-plane/request-headers.ts';
import { responseHeadersJson } from '../../src-main/control-plane/response-headers.ts';
import { parseRetryAfter } from '../../src-main/control-plane/retry-after.ts';
import { serverInfoHeader } from '../../src-main/control-plane/server-info.ts';
import { command, envelope } from '../fakes/control-plane.ts';
import { rawMember, rawMembers } from '../fakes/raw-member.ts';

const receipt = { now: 0, wall: 0 };
const only = (text: string | Buffer): Command => readPollBody(envelope([text]), receipt).commands[0]!;

describe('a poll’s body', () => {
  it('yields every good command among malformed ones and unknown types', () => {
    const good = (id: string): Buffer => command({ request_id: id, jsonrpc: { jsonrpc: '2.0', id: 1, method: 'm' } });
    const body = envelope([
      good('1'),
      '7',
      'null',
      '{"request_id":"no-type","shard_token":"s"}',
      '{"request_id":5,"shard_token":"s","command_type":"jsonrpc","jsonrpc":{"method":"m"}}',
      '{"request_id":"no-token","command_type":"jsonrpc","jsonrpc":{"method":"m"}}',
      '{"request_id":"no-message","shard_token":"s","command_type":"jsonrpc"}',
      '{"request_id":"new","shard_token":"s","command_type":"jsonrpc_v2","jsonrpc":{"method":"m","id":1}}',
      command({ request_id: 'answer', jsonrpc: { jsonrpc: '2.0', id: 1, result: {} } }),
      command({ request_id: 'bad-headers', headers: { a: 5 } as never, jsonrpc: { id: 1, method: 'm' } }),
      good('2'),
    ]);
    const { commands, skipped, brokenAt } = readPollBody(body, receipt);
    expect(commands.map(({ requestId }) => requestId)).toEqual(['1', '2']);
    expect(brokenAt).toBeUndefined();
    expect(skipped.find(({ requestId }) => requestId === 'new')).toMatchObject({
      reason: 'unknown_type',
      detail: 'jsonrpc_v2',
    });
    expect(skipped).toHaveLength(9);
  });

  it.each(['{"commands":[]}', '{"commands":null}', '{"other":1,"commands":[ ]}'])('may hold none: %s', (text) => {
    expect(readPollBody(Buffer.from(text), receipt)).toEqual({ commands: [], skipped: [] });
  });

  it.each(['{}', '{"status":"ok"}', '{"commands":"none"}', '{"data":{"commands":[]}}'])(
    'is nobody’s but another service’s: %s',
    (text) => {
      expect(readPollBody(Buffer.from(text), receipt)).toEqual({ commands: [], skipped: [], isForeign: true });
    },
  );

  it('that breaks off yields the commands that are whole, wherever it breaks', () => {
    const ids = ['1', '2', '3'];
    const body = envelope(ids.map((id) => command({ request_id: id, jsonrpc: { jsonrpc: '2.0', id, method: 'm' } })));
    const ends = ids.map((id) => body.indexOf(`"id":"${id}","method":"m"}}`) + `"id":"${id}","method":"m"}}`.length);
    fc.assert(
      fc.property(fc.nat(body.length - 1), (length) => {
        const { commands, brokenAt } = readPollBody(body.subarray(0, length), receipt);
        expect(brokenAt).toBeDefined();
        expect(commands.map(({ requestId }) => requestId)).toEqual(ids.filter((_, n) => ends[n]! <= length));
      }),
    );
  });

  it('keeps repeated headers repeated, and canonical channel names', () => {
    const one = only(
      command({
        request_id: 'r',
        channel: '  DOCS ',
        headers: { 'X-Many': ['a', 'b'], 'x-one': ['c'] },
        jsonrpc: { jsonrpc: '2.0', id: 1, method: 'm' },
      }),
    );
    expect(one.channel).toBe('docs');
    expect(one.headers).toEqual([
      ['X-Many', 'a'],
      ['X-Many', 'b'],
      ['x-one', 'c'],
    ]);
    expect(only(command({ request_id: 'r', channel: '  ', jsonrpc: { id: 1, method: 'm' } })).channel).toBe('main');
  });

  it('gives each command its own deadline from the headers’ arrival', () => {
    const at = (timeout: unknown): number | undefined =>
      readPollBody(
        envelope([command({ request_id: 'r', response_timeout: timeout, jsonrpc: { id: 1, method: 'm' } })]),
        { now: 1_000, wall: 0 },
      ).commands[0]!.deadlineAt;
    expect([at('30s'), at('0s'), at('4500ms'), at('1h')]).toEqual([31_000, 1_000, 5_500, 3_601_000]);
    for (const none of [null, 30, '4.5s', '+1s', '1m30s', ' 1s', '30d', '1e3s', '', '999999999999999999999999h'])
      expect(at(none)).toBeUndefined();
  });
});

describe('the body of a response', () => {
  it('holds the message byte for byte, the request id as it came, and never the shard token', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (json, id, secret) => {
        const token = Buffer.from(secret).toString('hex') + 'shard';
        const one = only(
          command({ request_id: id, shard_token: token, jsonrpc: '{"jsonrpc":"2.0","id":1,"method":"m"}' }),
        );
        const message = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${json}}`);
        const body = responseBody(one, { type: 'jsonrpc_response', status: 200, headers: [], json: message });
        expect(rawMember(body, 'resp_json')!.equals(message)).toBe(true);
        expect(JSON.parse(body.toString())).toMatchObject({ request_id: id, channel: 'main', resp_code: 200 });
        if (!message.includes(token)) expect(body.includes(token)).toBe(false);
      }),
    );
  });

  it('gives the request id back with its escapes, of repeated ones the last', () => {
    const one = only(
      '{"request_id":"first","request_id":"a\\u00e9\\/\\n","shard_token":"s","command_type":"jsonrpc","jsonrpc":{"id":12345678901234567890,"id":1.0e2,"method":"m"}}',
    );
    const body = responseBody(one, { type: 'notify_ack', status: 202, headers: [] }).toString();
    expect(rawMembers(body, 'request_id')).toEqual(['"a\\u00e9\\/\\n"']);
    expect(one.rpcIdJson).toBe('1.0e2');
  });
});

describe('the server’s headers', () => {
  it('pass when they are on the list, repeated ones repeated, less empty ones and what Connection names', () => {
    const json = responseHeadersJson(
      [
        ['content-type', 'application/json; charset=utf-8'],
        ['MCP-SESSION-ID', 's'],
        ['www-authenticate', 'Basic'],
        ['WWW-Authenticate', 'Bearer'],
        ['last-event-id', ''],
        ['Mcp-Protocol-Version', '2025-11-25'],
        ['Connection', 'close, mcp-protocol-version'],
        ['Set-Cookie', 'secret=1'],
        ['Server', 'x'],
      ],
      'message',
    );
    expect(JSON.parse(json!)).toEqual({
      'Content-Type': ['application/json; charset=utf-8'],
      'Mcp-Session-Id': ['s'],
      'Www-Authenticate': ['Basic', 'Bearer'],
    });
  });
});

describe('Retry-After', () => {
  const wall = Date.UTC(1994, 10, 6, 8, 49, 0);

  it('is read in seconds and in the three forms of a date', () => {
    for (const value of [
      '37',
      ' 37 ',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ])
      expect(parseRetryAfter(value, wall), value).toBe(37_000);
  });

  it('is at most a minute', () => {
    for (const value of ['61', '99999999999999999999', 'Mon, 07 Nov 1994 08:49:37 GMT'])
      expect(parseRetryAfter(value, wall)).toBe(60_000);
  });

  it('counts for nothing when it is malformed, negative or over', () => {
    for (const value of ['', '-1', '+5', '1.5', '5s', 'soon', 'Sun, 06 Nov 1994 08:48:59 GMT', '1994-11-06T08:49:37Z'])
      expect(parseRetryAfter(value, wall), value).toBeUndefined();
  });
});

describe('what the service may know of the servers', () => {
  const channel = (name: string, procAffinity = false, stateless = false) => ({ name, procAffinity, stateless });

  it('is version 1 in its exact form, and version 2 as soon as a channel is stateless', () => {
    expect(serverInfoHeader([channel('main'), channel('docs', true)])).toBe(
      '{"version":1,"channels":[{"name":"main"},{"name":"docs","proc_affinity":true}]}',
    );
    expect(serverInfoHeader([channel('main'), channel('harpoon', true, true)])).toBe(
      '{"version":2,"channels":[{"name":"main"},{"name":"harpoon","stateless":true,"proc_affinity":true}]}',
    );
  });

  it('is left out when it would be more than the header may hold, or not canonical', () => {
    const many = (count: number, length: number) =>
      Array.from({ length: count }, (_, n) => channel(`${n}`.padEnd(length, 'x'), true, true));
    expect(serverInfoHeader(many(32, 4))).toBeDefined();
    expect(serverInfoHeader(many(33, 4))).toBeUndefined();
    expect(serverInfoHeader([channel('main'), channel('main')])).toBeUndefined();
    expect(serverInfoHeader([channel('Main')])).toBeUndefined();
    const long = serverInfoHeader(many(32, 64));
    expect(long === undefined || long.length <= 4096).toBe(true);
  });
});

it('extra headers may not take the place of the protocol’s own', () => {
  const extra = [
    'authorization',
    'Accept',
    'X-Tunnel-Shard-Token',
    'openai-organization',
    'Proxy-Authorization',
    'X-Mine',
  ];
  const headers = requestHeaders(
    { name: 'culvert', version: '1', instanceId: 'i' },
    { organizationId: 'org' },
    'key',
    undefined,
    extra.map((name) => [name, 'extra']),
  );
  const pairs = Array.from({ length: headers.length / 2 }, (_, n) => [headers[2 * n], headers[2 * n + 1]]);
  expect(pairs.filter(([, value]) => value === 'extra')).toEqual([['X-Mine', 'extra']]);
});
