import { skipped, type ChannelCheck } from '../check.ts';
import { withDaysLeft } from '../expiry.ts';

export const url: ChannelCheck = {
  scope: 'channel',
  kind: 'http',
  id: 'url',
  title: 'Way to the server',
  why: 'Name, connection, proxy and certificate, before anything is said to the server.',
  after: ['source'],
  async run({ channel, way, services }) {
    if (channel.kind !== 'http') return { evidence: [skipped('server.reached', 'mcp-server', 'It is a command.')] };
    const target = { url: new URL(channel.url), name: channel.name };
    const walked = await way.routes.walk('mcp', target);
    const now = services.now?.() ?? Date.now();
    const url = `${target.url.origin}${target.url.pathname}`;
    return {
      evidence: walked.map((found) =>
        found.error
          ? { ...found, step: 'server.reached', facts: { ...found.facts, url } }
          : withDaysLeft({ ...found, layer: 'mcp-server' }, now),
      ),
    };
  },
};
