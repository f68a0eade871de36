import type { HeaderList } from '../../shared/trace.ts';
import type { HttpChannelConfig } from '../../shared/profile.ts';
import { readMessage } from '../../src-main/json/message.ts';
import type { AnswerHead, Channel, ChannelAnswer } from '../../src-main/call/channel.ts';
import { createHttpChannel } from '../../src-main/mcp/http-channel.ts';
import type { RouteDeps } from '../../src-main/network/routes.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import { systemClock, type Clock } from '../../src-main/base/clock.ts';
import { cleanUp, literalSecrets, profileWith, routesFor } from './network.ts';

export interface ChannelSetup {
  readonly channel?: Partial<HttpChannelConfig>;
  readonly mcp?: Record<string, unknown>;
  /** Anything else of the profile, for its routes. */
  readonly profile?: Record<string, unknown>;
  readonly routes?: Partial<RouteDeps>;
  readonly clock?: Clock;
  readonly maxMessageBytes?: number;
}

/** The channel `main` to a Streamable HTTP server; closed after the test. */
export function channelTo(url: string, setup: ChannelSetup = {}): Channel {
  const config: HttpChannelConfig = { kind: 'http', name: 'main', url, ...setup.channel };
  const settings = { ...setup.profile, channels: [config], mcp: setup.mcp ?? {} };
  const channel = createHttpChannel(config, profileWith(settings).mcp, {
    routes: routesFor(settings, setup.routes),
    secrets: literalSecrets,
    clock: setup.clock ?? systemClock,
    ...(setup.maxMessageBytes !== undefined && { maxMessageBytes: setup.maxMessageBytes }),
  });
  cleanUp(() => channel.close());
  return channel;
}

export interface Sent {
  readonly answer: ChannelAnswer;
  readonly notifications: readonly string[];
  readonly heads: readonly (AnswerHead | undefined)[];
}

/** Sends one message given as its exact text. */
export async function send(
  channel: Channel,
  text: string,
  headers: HeaderList = [],
  cancellation = new Cancellation(),
): Promise<Sent> {
  const bytes = Buffer.from(text);
  const notifications: string[] = [];
  const heads: (AnswerHead | undefined)[] = [];
  const answer = await channel.send({
    bytes,
    message: readMessage(bytes),
    headers,
    cancellation,
    onNotification: (notification, head) => {
      notifications.push(notification.toString());
      heads.push(head);
    },
  });
  return { answer, notifications, heads };
}

export const call = (id: string, method = 'tools/call', params = '{}'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
