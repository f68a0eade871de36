import { TunnelError } from '../../shared/errors.ts';
import type { Evidence, ProbeResult } from '../../shared/evidence.ts';
import { layerOf } from '../../shared/error-layer.ts';
import type { ChannelConfig, Profile } from '../../shared/profile.ts';
import type { ServerInfo } from '../../shared/tunnel.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import { ControlPlaneClient } from '../control-plane/client.ts';
import type { ClientIdentity } from '../control-plane/request-headers.ts';
import type { Channel } from '../call/channel.ts';
import { createChannels, type ChannelDeps } from '../mcp/channels.ts';
import { createRoutes } from '../network/profile-routes.ts';
import type { RouteDeps } from '../network/routes.ts';
import { createLog } from '../observe/log.ts';
import type { Cancellation } from '../base/cancellation.ts';
import { askServer } from './ask-server.ts';
import { resolvedCommand } from './resolved-command.ts';

export type TellEvidence = (evidence: Evidence) => void;

/** Tries that prove something and say so in evidence; wizard, doctor and `culvert run` only show them. None rejects. */
export interface Probes {
  /** Starts or reaches this server: program or URL, handshake of either era, name, version, tools. */
  server(
    channel: ChannelConfig,
    profile: Profile,
    tell: TellEvidence,
    cancellation: Cancellation,
  ): Promise<ProbeResult>;
  /** Reaches this control plane and asks for the tunnel with the key: metadata proves *Read* only. */
  controlPlane(profile: Profile, tell: TellEvidence, cancellation: Cancellation): Promise<ProbeResult>;
  /** Asks the server of a running tunnel for a sign of life, over the very channel that calls go through. */
  ping?(id: string, channel: string, cancellation: Cancellation): Promise<Evidence | undefined>;
}

export type ProbeDeps = Omit<ChannelDeps, 'routes'> & {
  readonly identity: ClientIdentity;
  /** How long a server may take to start and answer, in milliseconds. Default 60,000: it may install itself first. */
  readonly serverLimitMs?: number;
  /** The app's: as the engine's routes have it. */
  readonly systemProxy?: RouteDeps['systemProxy'];
  /** The channel of a running tunnel. */
  readonly channelOf?: (id: string, name: string) => Channel | undefined;
};

const defaultServerLimitMs = 60_000;
/**
 * A server that has written so many lines that are no messages, and not one that is, is waited for no longer. An installer's
 * banner is a screenful; fewer lines prove nothing, since what prints them may still become a server.
 */
const floodLines = 1_000;
const metadataLimitMs = 15_000;
const pingLimitMs = 10_000;

/** Runs one step, times it, and makes evidence of what came of it. */
async function prove<T>(
  list: Evidence[],
  tell: TellEvidence,
  step: string,
  work: () => Promise<{ readonly value: T; readonly facts: Evidence['facts'] }>,
  layer: Evidence['layer'],
): Promise<T | undefined> {
  const at = Date.now();
  const started = performance.now();
  const add = (rest: Pick<Evidence, 'outcome' | 'facts' | 'layer' | 'error'>) => {
    const evidence: Evidence = { step, at, ms: Math.round(performance.now() - started), ...rest };
    list.push(evidence);
    tell(evidence);
  };
  try {
    const { value, facts } = await work();
    add({ outcome: 'pass', layer, facts });
    return value;
  } catch (cause) {
    const error = asTunnelError(cause);
    add({ outcome: 'fail', layer: layerOf(error), facts: {}, error: error.toJSON() });
    return undefined;
  }
}

export function createProbes(deps: ProbeDeps): Probes {
  const { secrets, env, systemProxy } = deps;
  const routeDeps: RouteDeps = { secrets, env, ...(systemProxy && { systemProxy }) };
  return {
    async server(config, profile, tell, cancellation) {
      const evidence: Evidence[] = [];
      if (config.kind === 'stdio') {
        const command = await prove(
          evidence,
          tell,
          'program.resolved',
          () => resolvedCommand(config, deps),
          'mcp-server',
        );
        if (!command) return { evidence };
      }
      const routes = createRoutes({ ...profile, channels: [config] }, routeDeps);
      let overdue = false;
      let server: ServerInfo | undefined;
      let noise: string | undefined;
      let noisyLines = 0;
      let heard = false;
      const log = createLog('debug', ({ level, message, fields }) => {
        if (fields['reason'] !== undefined) {
          noise ??= String(fields['text']);
          noisyLines++;
        } else if (level === 'warn' && typeof fields['lines'] === 'number') noisyLines += fields['lines'];
        if (noisyLines > floodLines && !heard && !overdue) {
          overdue = true;
          cancellation.cancel('deadline');
        }
        deps.log.log(level, message, fields, { channel: config.name });
      });
      // a time limit cancels what is asked; what a person wants to know is that, and what was heard instead
      const honestly = <T>(work: Promise<T>): Promise<T> =>
        work.catch((error: unknown) => {
          if (!(error instanceof TunnelError) || error.code !== 'cancelled' || !overdue) throw error;
          throw noise === undefined
            ? new TunnelError('timed_out', 'mcp-server', { channel: config.name, seconds: limitMs / 1_000 })
            : new TunnelError('bad_json', 'mcp-server', {
                channel: config.name,
                detail: `it wrote: ${noise.slice(0, 120)}`,
              });
        });
      const limitMs = deps.serverLimitMs ?? defaultServerLimitMs;
      try {
        const [channel] = createChannels({ ...profile, channels: [config] }, { ...deps, routes, log });
        if (!channel) return { evidence };
        const stop = deps.clock.after(limitMs, () => {
          overdue = true;
          cancellation.cancel('deadline');
        });
        try {
          await channel.start();
          const asked = askServer(channel, cancellation);
          const shaken = await prove(
            evidence,
            tell,
            'server.handshake',
            () => honestly(asked.handshake()),
            'mcp-server',
          );
          heard = shaken !== undefined;
          if (shaken) {
            const tools = await prove(evidence, tell, 'server.tools', () => honestly(asked.tools()), 'mcp-server');
            server = { ...shaken, ...(tools ? { tools } : {}) };
          }
        } finally {
          stop();
          await channel.close();
        }
      } catch (cause) {
        await prove(evidence, tell, 'server.handshake', () => Promise.reject(asTunnelError(cause)), 'mcp-server');
      } finally {
        await routes.close();
      }
      return { evidence, ...(server ? { server } : {}) };
    },

    async controlPlane(profile, tell, cancellation) {
      const evidence: Evidence[] = [];
      const routes = createRoutes(profile, routeDeps);
      const client = new ControlPlaneClient({
        config: profile.controlPlane,
        routes,
        secrets: deps.secrets,
        clock: deps.clock,
        identity: deps.identity,
        serverInfo: () => undefined,
        onReplaced: () => undefined,
      });
      try {
        await prove(
          evidence,
          tell,
          'control-plane.metadata',
          async () => {
            if (cancellation.reason !== undefined) throw new TunnelError('cancelled', 'local');
            const { name, description } = await client.metadata(metadataLimitMs);
            const facts = {
              host: new URL(profile.controlPlane.baseUrl).host,
              tunnelId: profile.controlPlane.tunnelId,
              ...(name === undefined ? {} : { name }),
              ...(description === undefined ? {} : { description }),
            };
            return { value: true, facts };
          },
          'control-plane',
        );
      } finally {
        client.close();
        await routes.close();
      }
      return { evidence };
    },

    async ping(id, name, cancellation) {
      const channel = deps.channelOf?.(id, name);
      if (!channel) return undefined;
      const evidence: Evidence[] = [];
      const stop = deps.clock.after(pingLimitMs, () => cancellation.cancel('deadline'));
      await prove(
        evidence,
        () => undefined,
        'server.answers',
        () => askServer(channel, cancellation).ping(),
        'mcp-server',
      );
      stop();
      return evidence[0];
    },
  };
}
