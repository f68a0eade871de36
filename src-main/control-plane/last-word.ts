import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { redactor } from '../detect/redact.ts';

export type LastWord = NonNullable<TunnelSnapshot['lastWord']>;

/** Headers that tell who answered, and how to find the request on the other side. */
const telling = [
  'date',
  'server',
  'via',
  'x-request-id',
  'cf-ray',
  'x-cache',
  'age',
  'content-type',
  'content-length',
  'retry-after',
  'location',
];
const mostChars = 2_000;
const redact = redactor();

/** An answer of the control plane as a person may see it, without its body where that was commands. Made when it is asked for. */
export function lastWordOf(
  answer: {
    readonly at: number;
    readonly to: LastWord['to'];
    readonly status: number;
    readonly commands: number;
    readonly bytes: number;
  },
  body: Buffer | undefined,
  header: ((name: string) => string | undefined) | undefined,
): LastWord {
  const { at, to, status, commands, bytes } = answer;
  const headers = telling.flatMap((name) => {
    const value = header?.(name);
    return value === undefined ? [] : [redact(`${name}: ${value.slice(0, 200)}`)];
  });
  const text = body
    ? redact(body.toString('utf8', 0, mostChars))
    : `${commands} command${commands === 1 ? '' : 's'}, ${bytes} bytes`;
  return { at, to, status, headers, body: text };
}
