import type { Evidence } from '../../../shared/evidence.ts';
import { channelFault } from '../../diagnosis/attribution.ts';
import { TunnelError } from '../../../shared/errors.ts';
import type { ChannelSnapshot } from '../../../shared/tunnel.ts';
import { failed, passed, skipped, type ChannelCheck, type ChannelLook } from '../check.ts';

/** A tunnel that runs has its server running: that one is looked at, and no second one is started beside it. */
async function running(snapshot: ChannelSnapshot, look: ChannelLook): Promise<Evidence[]> {
  const { state, name, lastAnswerAt } = snapshot;
  const verdict = channelFault(snapshot);
  if (verdict?.error) {
    const { code, leg, params } = verdict.error;
    return [failed('server.started', new TunnelError(code, leg, params))];
  }
  if (state.kind !== 'ready') return [skipped('server.started', 'mcp-server', `The channel ${name} is ${state.kind}.`)];
  const started = passed('server.started', 'mcp-server', {
    from: 'the running tunnel',
    ...(state.pid === undefined ? {} : { pid: state.pid }),
    ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }),
  });
  const answers = await look.services.probes.ping?.(look.profile.id, name, look.cancellation);
  const { server } = state;
  return [
    started,
    ...(answers ? [answers] : []),
    ...(server
      ? [
          passed('server.handshake', 'mcp-server', {
            protocolVersions: server.protocolVersions,
            ...(server.name === undefined ? {} : { name: server.name }),
            ...(server.version === undefined ? {} : { version: server.version }),
          }),
        ]
      : []),
    ...(server?.tools
      ? [passed('server.tools', 'mcp-server', { count: server.tools.length, tools: server.tools.slice(0, 50) })]
      : []),
  ];
}

export const server: ChannelCheck = {
  scope: 'channel',
  id: 'server',
  title: 'MCP server',
  why: 'It is started or reached, greeted and asked for its tools, as a caller would.',
  after: ['source', 'references', 'program', 'url'],
  // a server may install itself on its first start
  limitMs: 65_000,
  async run(look) {
    const { channel, profile, services, cancellation } = look;
    const live = look.running?.channels.find(({ name }) => name === channel.name);
    // over HTTP a look of our own has a session of its own, and takes nothing from the calls
    if (live && channel.kind === 'stdio' && live.state.kind !== 'stopped')
      return { evidence: await running(live, look) };
    if (channel.kind === 'stdio' && services.approvals) {
      const { approved, error } = await services.approvals.describe(profile.id, channel.name, channel);
      if (!approved && !error) {
        const waiting = new TunnelError('command_not_approved', 'mcp-server', { channel: channel.name });
        return { evidence: [failed('server.started', waiting, 'warn')] };
      }
    }
    const { evidence } = await services.probes.server(channel, profile, () => undefined, cancellation);
    return { evidence: evidence.filter(({ step, outcome }) => step !== 'program.resolved' || outcome === 'fail') };
  },
};
