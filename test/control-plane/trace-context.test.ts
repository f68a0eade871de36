import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src-main/call/command.ts';
import { readPollBody } from '../../src-main/control-plane/commands.ts';
import { forwardTraceContext } from '../../src-main/control-plane/trace-context.ts';
import { command, envelope } from '../fakes/control-plane.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const context = { traceparent, tracestate: 'a=1,b=2' };

function polled(message: string, trace: unknown = context): Command {
  const bytes = command({ request_id: 'r', jsonrpc: message, extra: { trace_context: trace } });
  return readPollBody(envelope([bytes]), { now: 0, wall: 0 }).commands[0]!;
}

function forwarded(message: string, trace?: unknown): string {
  const one = polled(message, trace);
  forwardTraceContext(one);
  return one.bytes.toString();
}

const members = `"traceparent":"${traceparent}","tracestate":"a=1,b=2"`;

describe('a command’s trace context', () => {
  it.each([
    ['{"id":1,"method":"m"}', `{"params":{"_meta":{${members}}},"id":1,"method":"m"}`],
    ['{"id":1,"method":"m","params":{}}', `{"id":1,"method":"m","params":{"_meta":{${members}}}}`],
    [
      '{"id":1,"method":"m","params":{ "a" : 1.0 }}',
      `{"id":1,"method":"m","params":{"_meta":{${members}}, "a" : 1.0 }}`,
    ],
    ['{"params":{"_meta":{ }},"method":"m"}', `{"params":{"_meta":{${members} }},"method":"m"}`],
    [
      '{"id":1,"method":"m","params":{"_meta":{"progressToken":9007199254740993}}}',
      `{"id":1,"method":"m","params":{"_meta":{${members},"progressToken":9007199254740993}}}`,
    ],
    [
      '{"params":{"x":1},"id":1,"method":"m","params":{}}',
      `{"params":{"x":1},"id":1,"method":"m","params":{"_meta":{${members}}}}`,
    ],
  ])('goes into params._meta of %s, whose other bytes stay', (message, expected) => {
    expect(forwarded(message)).toBe(expected);
  });

  it.each([
    '{"id":1,"method":"m","params":{"_meta":{"traceparent":"00-1-2-00"}}}',
    '{"id":1,"method":"m","params":{"_meta":{"tracestate":""}}}',
    '{"id":1,"method":"m","params":[1]}',
    '{"id":1,"method":"m","params":{"_meta":null}}',
  ])('leaves %s alone: the caller has its own, or there is no place', (message) => {
    expect(forwarded(message)).toBe(message);
  });

  it.each([null, 'text', {}, { traceparent: 5 }, { traceparent: '' }, { traceparent: 'x'.repeat(5_000) }])(
    'that is none changes nothing: %j',
    (trace) => {
      const message = '{"id":1,"method":"m"}';
      expect(forwarded(message, trace)).toBe(message);
    },
  );

  it('without a state is forwarded alone', () => {
    expect(forwarded('{"id":1,"method":"m"}', { traceparent })).toBe(
      `{"params":{"_meta":{"traceparent":"${traceparent}"}},"id":1,"method":"m"}`,
    );
  });

  it('changes nothing else, whatever the parameters are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (params) => {
        const message = { jsonrpc: '2.0', id: 7, method: 'm', params };
        const own = polled(JSON.stringify(message));
        forwardTraceContext(own);
        const after = JSON.parse(own.bytes.toString()) as { params: Record<string, unknown> };
        const { _meta, ...rest } = after.params;
        const { _meta: before, ...restBefore } = params;
        expect(rest).toEqual(JSON.parse(JSON.stringify(restBefore)));
        if (before === undefined) expect(_meta).toEqual(context);
        expect(own.rpcIdJson).toBe('7');
      }),
    );
  });
});
