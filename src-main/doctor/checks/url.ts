import { skipped, type ChannelCheck } from '../check.ts';

export const url: ChannelCheck = {
  scope: 'channel',
  kind: 'http',
  id: 'url',
  title: 'Way to the server',
  why: 'Name, connection, proxy and certificate, before anything is said to the server.',
  after: ['source'],
  async run({ channel, way }) {
    if (channel.kind !== 'http') return { evidence: [skipped('server.reached', 'mcp-server', 'It is a command.')] };
    const target = { url: new URL(channel.url), name: channel.name };
    const { error, facts, ...found } = await way.routes.test('mcp', target);
    return {
      evidence: [
        {
          ...found,
          step: 'server.reached',
          layer: error ? found.layer : 'mcp-server',
          facts: { ...facts, url: `${target.url.origin}${target.url.pathname}` },
          ...(error ? { error } : {}),
        },
      ],
    };
  },
};
