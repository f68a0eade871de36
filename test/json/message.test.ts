import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src-main/json/message.ts';
import type { Span } from '../../src-main/json/span.ts';
import { decodeString, isNull, JsonReader, JsonSyntaxError } from '../../src-main/json/scan.ts';

const read = (text: string) => {
  const bytes = Buffer.from(text);
  const message = readMessage(bytes);
  const at = (span: Span | undefined): string | undefined => span && bytes.toString('utf8', span.start, span.end);
  return {
    kind: message.kind,
    ids: message.ids.map(at),
    method: message.method,
    isError: message.isError,
    errorCode: message.errorCode,
    progressToken: at(message.progressToken),
    cancelledId: at(message.cancelledId),
    subscriptionId: at(message.subscriptionId),
    target: message.target,
  };
};

describe('the spans of a message', () => {
  it('are those of a request, its id in the very bytes it came in', () => {
    for (const id of [
      '1',
      '"a\\u0062"',
      '12345678901234567890',
      'null',
      '-1.50e3',
      '{"a":[1,"]"]}',
      '[]',
      'true',
      '""',
    ])
      expect(read(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toMatchObject({
        kind: 'request',
        ids: [id],
        method: 'ping',
      });
  });

  it('name the tool, prompt or resource', () => {
    expect(read('{"id":1,"method":"tools/call","params":{"arguments":{"name":"no"},"name":"ec\\u0068o"}}').target).toBe(
      'echo',
    );
    expect(read('{"id":1,"method":"resources/read","params":{"uri":"file:///a"}}').target).toBe('file:///a');
    expect(read('{"id":1,"method":"tools/call","params":{"name":7}}').target).toBeUndefined();
  });

  it('hold every top-level id, and the last of each other repeated key', () => {
    expect(
      read(
        '{"id":1,"method":"a","params":{"_meta":{"progressToken":1}},"id":"2","method":"b","params":{"_meta":{"progressToken":2}}}',
      ),
    ).toMatchObject({ ids: ['1', '"2"'], method: 'b', progressToken: '2' });
    expect(
      read('{"id":1,"method":"a","params":{"_meta":{"progressToken":1}},"params":[]}').progressToken,
    ).toBeUndefined();
    expect(
      read('{"id":1,"method":"a","params":{"_meta":{"progressToken":1},"_meta":null}}').progressToken,
    ).toBeUndefined();
  });

  it('see through escapes in keys, white space and a BOM', () => {
    expect(read('\ufeff \r\n{ "m\\u0065thod" : "p\\u0069ng" , "\\u0069d"\t:\t7\n}\n')).toMatchObject({
      kind: 'request',
      ids: ['7'],
      method: 'ping',
    });
  });

  it('tell requests, notifications, answers and batches apart', () => {
    expect(read('{"method":"notifications/initialized"}').kind).toBe('notification');
    expect(read('{"id":null,"method":"x"}').kind).toBe('request');
    expect(read('{"id":1,"result":null}')).toMatchObject({ kind: 'response', isError: false });
    expect(read('{"id":1,"error":{"code":-32601,"message":"no"}}')).toMatchObject({
      kind: 'response',
      isError: true,
      errorCode: -32601,
    });
    expect(read('{"id":1,"result":{},"error":null}')).toMatchObject({ kind: 'response', isError: false });
    expect(read('{"id":1,"error":{"code":1e99}}').errorCode).toBeUndefined();
    expect(read(' [{"id":1,"method":"x"}]').kind).toBe('batch');
    for (const text of [
      '',
      'null',
      '1',
      '"x"',
      '{}',
      '{"id":1}',
      '{"id":1,"method":5}',
      '{"id":1,"method":"x"} x',
      '{"id":1,"method":"x"',
      '{"id":}',
      '{"a" 1}',
      '{,}',
    ])
      expect(read(text).kind, text).toBe('invalid');
  });

  it('hold the tokens by which calls are told apart', () => {
    expect(
      read('{"id":1,"method":"tools/call","params":{"progressToken":9,"_meta":{"progressToken":"t"}}}').progressToken,
    ).toBe('"t"');
    expect(
      read('{"method":"notifications/progress","params":{"progressToken":4,"_meta":{"progressToken":5}}}')
        .progressToken,
    ).toBe('4');
    expect(read('{"method":"notifications/cancelled","params":{"requestId":12345678901234567890}}').cancelledId).toBe(
      '12345678901234567890',
    );
    expect(read('{"id":1,"method":"x","params":{"requestId":1}}').cancelledId).toBeUndefined();
    expect(
      read(
        '{"method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}',
      ).subscriptionId,
    ).toBe('"s"');
    expect(read('{"id":3,"result":{"_meta":{"io.modelcontextprotocol/subscriptionId":3}}}').subscriptionId).toBe('3');
  });

  it('are not taken from inside strings or nested values', () => {
    expect(read('{"x":"\\",\\"id\\":9","params":{"id":8,"y":[{"id":7}]},"id":6,"method":"m"}')).toMatchObject({
      ids: ['6'],
      method: 'm',
    });
  });

  it('agree with JSON.parse for any message', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const message = fc.record(
      {
        id: value,
        method: fc.string({ unit: 'binary' }),
        params: fc.oneof(
          value,
          fc.record({ name: fc.string(), _meta: fc.record({ progressToken: value }) }, { requiredKeys: [] }),
        ),
        extra: value,
        result: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(message, fc.constantFrom(undefined, 1, '\t'), (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed = JSON.parse(text) as typeof object & {
          params?: { name?: unknown; _meta?: { progressToken?: unknown } };
        };
        const spans = read(text);
        if (parsed.method !== undefined) expect(spans.method).toBe(parsed.method);
        if (spans.kind === 'invalid') {
          expect(parsed.method).toBeUndefined();
          expect('result' in parsed).toBe(false);
          return;
        }
        expect(spans.ids.map((id) => JSON.parse(id!) as unknown)).toEqual('id' in parsed ? [parsed.id] : []);
        const meta = parsed.params?._meta;
        if (
          parsed.method !== undefined &&
          typeof parsed.params === 'object' &&
          typeof meta === 'object' &&
          !Array.isArray(meta)
        )
          expect(spans.progressToken && (JSON.parse(spans.progressToken) as unknown)).toEqual(meta.progressToken);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are found in any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readMessage(Buffer.from(bytes))),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '"id"', '"method"', '"params"', '"_meta"', '1'),
          { maxLength: 16 },
        ),
        (parts) => void readMessage(Buffer.from(parts.join(''))),
      ),
      { numRuns: 10_000 },
    );
  });

  it('are found behind half a million nested arrays and strings full of quotes', () => {
    const nested = '['.repeat(500_000) + ']'.repeat(500_000);
    const quotes = '\\"'.repeat(500_000) + '\\\\'.repeat(100_000);
    expect(read(`{"a":${nested},"b":"${quotes}","id":1,"method":"m"}`)).toMatchObject({ ids: ['1'], method: 'm' });
  });
});

describe('a walk over a document', () => {
  const poll = Buffer.from(
    '{"commands":[{"request_id":"a\\n","jsonrpc":{"x":[1]},"channel":null}, 5 ,"x",[]],"more":{"a":{}}}',
  );

  it('hands out each value of each element as the bytes it is', () => {
    const json = new JsonReader(poll);
    const seen: unknown[] = [];
    expect(json.enterObject()).toBe(true);
    while (json.nextMember()) {
      if (json.key !== 'commands' || !json.enterArray()) {
        json.skip();
        continue;
      }
      while (json.nextElement()) {
        if (!json.enterObject()) {
          const span = json.skip();
          seen.push(poll.toString('utf8', span.start, span.end));
          continue;
        }
        while (json.nextMember()) {
          const { key } = json;
          const span = json.skip();
          seen.push([key, poll.toString('utf8', span.start, span.end), decodeString(poll, span), isNull(poll, span)]);
        }
      }
    }
    json.finish();
    expect(seen).toEqual([
      ['request_id', '"a\\n"', 'a\n', false],
      ['jsonrpc', '{"x":[1]}', undefined, false],
      ['channel', 'null', undefined, true],
      '5',
      '"x"',
      '[]',
    ]);
  });

  it('stays within its span and says where the bytes stop making sense', () => {
    const bytes = Buffer.from('[{"a":1}],{"b":"');
    const inner = new JsonReader(bytes, { start: 1, end: 8 });
    expect(inner.enterObject()).toBe(true);
    expect(inner.nextMember()).toBe(true);
    expect(inner.skip()).toEqual({ start: 6, end: 7 });
    expect(inner.nextMember()).toBe(false);
    inner.finish();
    const broken = new JsonReader(bytes, { start: 10, end: bytes.length });
    broken.enterObject();
    broken.nextMember();
    expect(() => broken.skip()).toThrow(JsonSyntaxError);
  });

  it('gives every member and element of any document', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.array(fc.jsonValue({ maxDepth: 2 }))), (object) => {
        const bytes = Buffer.from(JSON.stringify(object));
        const json = new JsonReader(bytes);
        const seen: [string, unknown[]][] = [];
        json.enterObject();
        while (json.nextMember()) {
          const { key } = json;
          const elements: unknown[] = [];
          json.enterArray();
          while (json.nextElement()) {
            const span = json.skip();
            elements.push(JSON.parse(bytes.toString('utf8', span.start, span.end)));
          }
          seen.push([key, elements]);
        }
        json.finish();
        expect(seen).toEqual(Object.entries(JSON.parse(bytes.toString()) as object));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a tool that failed', () => {
  const failed = (result: string, rest = ''): boolean | undefined =>
    readMessage(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}${rest}}`)).isToolError;

  it.each([
    '{"content":[],"isError":true}',
    '{"isError":true,"content":[{"type":"text","text":"no such contract"}]}',
    '{ "isError" : true , "resultType" : "complete" }',
    '{"isError":false,"isError":true}',
    '{"is\\u0045rror":true}',
    '{"_meta":{"isError":false},"structuredContent":{"isError":false},"isError":true}',
  ])('says so in its result: %s', (result) => {
    expect(failed(result)).toBe(true);
  });

  it.each([
    '{"content":[]}',
    '{"isError":false}',
    '{"isError":null}',
    '{"isError":"true"}',
    '{"isError":1}',
    '{"isError":[true]}',
    '{"isError":true,"isError":false}',
    '{"structuredContent":{"isError":true}}',
    '{"_meta":{"isError":true}}',
    '{"content":[{"isError":true}]}',
    '{"content":[{"type":"text","text":"\\"isError\\":true"}]}',
    '{"content":"\\\\","text":"{\\"isError\\":true}"}',
    '{"iserror":true}',
    '{"isError":true,"resultType":"input_required"}',
    '{"isError":true,"resultType":7}',
    '[{"isError":true}]',
    'null',
    '"isError"',
  ])('is not one that says it elsewhere, or not so: %s', (result) => {
    expect(failed(result)).toBe(false);
  });

  it('is told by the last result where the key is repeated, and never beside an error', () => {
    expect(failed('{"isError":true}', ',"result":{}')).toBe(false);
    expect(failed('{}', ',"result":{"isError":true}')).toBe(true);
    expect(failed('{"isError":true}', ',"error":{"code":-1}')).toBe(false);
    expect(failed('{"isError":true}', ',"error":null')).toBe(true);
  });

  it('agrees with JSON.parse on any result', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            isError: fc.oneof(fc.boolean(), fc.jsonValue()),
            resultType: fc.constantFrom('complete', 'input_required', 1),
            content: fc.jsonValue(),
            structuredContent: fc.record({ isError: fc.boolean() }),
          },
          { requiredKeys: [] },
        ),
        (result) => {
          const final = result.resultType === undefined || result.resultType === 'complete';
          expect(failed(JSON.stringify(result))).toBe(final && result.isError === true);
        },
      ),
    );
  });
});
