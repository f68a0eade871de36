import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { StdioChannelConfig } from '../../../shared/profile.ts';
import type { ChannelState } from '../../../shared/tunnel.ts';
import { readMessage } from '../../../src-main/json/message.ts';
import type { Channel, ChannelAnswer } from '../../../src-main/call/channel.ts';
import { startTimeOf } from '../../../src-main/process/tree.ts';
import { joinCommand } from '../../../src-main/process/command-line.ts';
import { createStdioChannel, type StdioChannelDeps } from '../../../src-main/mcp/stdio/stdio-channel.ts';
import type { StdioLogEvent } from '../../../src-main/mcp/stdio/stdio-log.ts';
import { Cancellation } from '../../../src-main/base/cancellation.ts';
import { systemClock } from '../../../src-main/base/clock.ts';

const folder = fileURLToPath(new URL('../../fixtures/stdio/', import.meta.url));

/** The command that runs one of the fixture servers with this very Node. */
export const fixture = (name: string, ...args: string[]): string =>
  joinCommand([process.execPath, `${folder}${name}.mjs`, ...args]);

const open = new Set<Channel>();
afterEach(async () => {
  await Promise.all([...open].map((channel) => channel.close()));
  open.clear();
});

export interface Harness {
  readonly channel: Channel;
  readonly log: StdioLogEvent[];
}

/** A channel on a real child. It is closed after the test. */
export function openChannel(config: Partial<StdioChannelConfig> = {}, deps: Partial<StdioChannelDeps> = {}): Harness {
  const log: StdioLogEvent[] = [];
  const channel = createStdioChannel(
    { kind: 'stdio', name: 'main', command: fixture('server'), env: {}, concurrency: 'parallel', ...config },
    {
      clock: systemClock,
      environment: process.env,
      withheld: [],
      secrets: { resolve: (ref) => Promise.resolve(ref), onReplaced: () => () => {} },
      log: (event) => log.push(event),
      ...deps,
    },
  );
  open.add(channel);
  return { channel, log };
}

export interface Sent {
  readonly answer: Promise<ChannelAnswer>;
  readonly cancellation: Cancellation;
  readonly notifications: string[];
}

/** Sends text as it is. */
export function sendText(channel: Channel, text: string): Sent {
  const bytes = Buffer.from(text);
  const cancellation = new Cancellation();
  const notifications: string[] = [];
  const answer = channel.send({
    bytes,
    message: readMessage(bytes),
    headers: [],
    cancellation,
    onNotification: (notification) => notifications.push(notification.toString()),
  });
  // Awaited by the test when it wants; until then a refusal is not an accident.
  answer.catch(() => {});
  return { answer, cancellation, notifications };
}

export const sendCall = (channel: Channel, id: unknown, method: string, params: unknown = {}): Sent =>
  sendText(channel, JSON.stringify({ jsonrpc: '2.0', id, method, params }));

/** The answer to one call, as the text that would be posted. */
export const callText = async (channel: Channel, id: unknown, method: string, params?: unknown): Promise<string> =>
  (await sendCall(channel, id, method, params).answer).body?.toString() ?? '';

/** The result of one call; its type is the fixture's word. */
export const call = async <T = unknown>(channel: Channel, method: string, params?: unknown): Promise<T> =>
  (JSON.parse(await callText(channel, 1, method, params)) as { result: T }).result;

/** Resolves with the first state, the present one included, that is of this kind. */
export const stateOf = <K extends ChannelState['kind']>(
  channel: Channel,
  kind: K,
): Promise<Extract<ChannelState, { kind: K }>> =>
  new Promise((resolve) => {
    const check = (state: ChannelState): boolean => {
      if (state.kind !== kind) return false;
      resolve(state as Extract<ChannelState, { kind: K }>);
      return true;
    };
    if (check(channel.state)) return;
    const stop = channel.onState((state) => {
      if (check(state)) stop();
    });
  });

/** Whether the process still runs; one that ended and was not reaped does not. */
export const isAlive = async (pid: number): Promise<boolean> => (await startTimeOf(pid)) !== undefined;

/** Resolves once `holds`; the test's own time limit is the only one. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
