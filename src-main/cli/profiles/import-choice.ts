import { channelNamesFor, isChannelName, mainChannel } from '../../../shared/channel-names.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { describeDropped, type Dropped } from '../../../shared/import-words.ts';
import type { FoundServer } from '../../imports/found-servers.ts';

/** A server that was chosen, and the channel that it becomes. */
export interface Chosen {
  readonly server: FoundServer;
  readonly channel: string;
}

/** What is wrong with the way servers were named. */
export const refuse = (
  problem: string,
  more: { readonly allowed?: string; readonly hint?: string } = {},
): TunnelError =>
  new TunnelError('config_invalid', 'local', { field: 'The server', file: 'the command line', problem, ...more });

/** `SERVER`, `CLIENT/SERVER` or an id from the list. */
function pick(servers: readonly FoundServer[], name: string, from: string | undefined): FoundServer {
  const fitting = servers.filter(
    ({ candidate }) =>
      (from === undefined || candidate.source === from) &&
      (candidate.name === name || candidate.id === name || `${candidate.source}/${candidate.name}` === name),
  );
  const [server] = fitting;
  if (!server || fitting.length > 1) {
    throw refuse(server ? `several are called ${name}` : `no client has one called ${name}`, {
      ...(server
        ? {
            allowed: fitting
              .map(({ candidate }) => `${candidate.source}/${candidate.name} of ${candidate.file} (${candidate.id})`)
              .join('; '),
          }
        : {}),
      hint: 'List them with `culvert profiles import`.',
    });
  }
  if (server.unusable) {
    const { why } = describeDropped(server.dropped.find(({ code }) => code === 'transport') ?? noTransport);
    throw refuse(`${name} cannot be used`, { hint: why });
  }
  return server;
}

const noTransport: Dropped = { code: 'transport', name: '' };

/**
 * The servers that were named, each `SERVER` or `CHANNEL=SERVER`, and their channels: the first is `main` unless another one is
 * given that name. Throws `config_invalid`.
 */
export function choose(servers: readonly FoundServer[], names: readonly string[], from?: string): Chosen[] {
  const wanted = names.map((text) => {
    const exact = servers.some(({ candidate }) => candidate.name === text);
    const [, channel, name] = exact ? [] : (/^([^=/]+)=(.+)$/s.exec(text) ?? []);
    if (channel !== undefined && !isChannelName(channel)) {
      throw refuse(`\`${channel}\` is no name of a channel`, {
        allowed: 'up to 64 of a–z, 0–9, _ and -, and not harpoon',
      });
    }
    return { channel, server: pick(servers, name ?? text, from) };
  });
  const given = wanted.flatMap(({ channel }) => channel ?? []);
  const twice = given.find((channel, index) => given.indexOf(channel) !== index);
  if (twice !== undefined) throw refuse(`two are to be the channel ${twice}`);
  const named = channelNamesFor(
    wanted.flatMap(({ channel, server }) => (channel === undefined ? [server.candidate.name] : [])),
    given,
  );
  const chosen = wanted.map(({ channel, server }) => ({ server, channel: channel ?? named.shift() ?? '' }));
  if (chosen.length > 0 && !chosen.some(({ channel }) => channel === mainChannel)) {
    throw refuse('none of them is the channel main', {
      hint: 'Calls that name no channel go there: give one of them as main=SERVER.',
    });
  }
  return chosen;
}
