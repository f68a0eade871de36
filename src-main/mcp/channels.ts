import type { ChannelConfig, Profile } from '../../shared/profile.ts';
import type { Routes } from '../network/routes.ts';
import type { Log } from '../observe/log.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Clock } from '../base/clock.ts';
import type { Channel } from '../call/channel.ts';
import { createHttpChannel } from './http-channel.ts';
import { withheldVariables, type Environment } from '../process/environment.ts';
import { EraChannel } from './stdio/era-channel.ts';
import type { HandshakeMemory } from './stdio/saved-handshake.ts';
import { speaksModern } from './stdio/speaks-modern.ts';
import { createStdioChannel, type StdioChannelDeps } from './stdio/stdio-channel.ts';
import { tellLog } from './stdio/tell-log.ts';

export interface ChannelDeps extends Pick<StdioChannelDeps, 'children' | 'searchPath'> {
  readonly clock: Clock;
  readonly env: Environment;
  readonly secrets: SecretResolver;
  readonly routes: Routes;
  readonly log: Log;
  /** The last handshakes of channels, by a key that says which; none are kept when absent. */
  readonly handshakes?: { of(key: string): HandshakeMemory };
}

/** The private servers of a profile. Throws `config_invalid` when a command cannot be split; nothing is started yet. */
export function createChannels(profile: Profile, deps: ChannelDeps): Channel[] {
  return profile.channels.map((config) => createChannel(profile, config, deps));
}

function createChannel(profile: Profile, config: ChannelConfig, deps: ChannelDeps): Channel {
  const { clock, env, secrets, routes, log, children, searchPath, handshakes } = deps;
  if (config.kind === 'http') return createHttpChannel(config, profile.mcp, { routes, secrets, clock });
  const tell = tellLog(log, { tunnel: profile.id, channel: config.name });
  const parts: StdioChannelDeps = {
    clock,
    environment: env,
    withheld: withheldVariables(profile.controlPlane),
    secrets,
    handshakeFirst: true,
    sendInitialized: profile.mcp.stdioSendInitialized ?? false,
    log: tell,
    ...(handshakes && { handshakes: handshakes.of(`${profile.id}\n${config.name}\n${config.command}`) }),
    ...(children === undefined ? {} : { children }),
    ...(searchPath === undefined ? {} : { searchPath }),
  };
  const make = (): Channel => createStdioChannel(config, parts);
  return new EraChannel({ make, speaksModern: (channel) => speaksModern(channel, clock), log: tell });
}
