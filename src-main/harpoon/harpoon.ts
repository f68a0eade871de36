import type { Profile } from '../../shared/profile.ts';
import type { Clock } from '../base/clock.ts';
import type { Routes } from '../network/routes.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { oauthTargets } from '../oauth/harpoon-targets.ts';
import type { DiscoveredUrl } from '../oauth/discovered-urls.ts';
import { AddressRules, bareHost } from './address-rules.ts';
import { CallLog } from './call-log.ts';
import { Caller } from './caller.ts';
import { HarpoonChannel } from './channel.ts';
import { Registry, type Target } from './registry.ts';
import { GraphqlOperations } from './graphql/operations.ts';
import { HarpoonServer } from './server.ts';
import { Template } from './template.ts';

/** All that a tunnel has of Harpoon. */
export interface Harpoon {
  readonly registry: Registry;
  readonly rules: AddressRules;
  readonly caller: Caller;
  readonly server: HarpoonServer;
  readonly channel: HarpoonChannel;
  readonly calls: CallLog;
}

export interface HarpoonDeps {
  readonly routes: Routes;
  readonly secrets: SecretResolver;
  readonly clock: Clock;
}

/** Harpoon with the targets of a profile; discovery may add more. */
export function createHarpoon(settings: Profile['harpoon'], deps: HarpoonDeps): Harpoon {
  const registry = new Registry(settings.allowPlaintextHttp);
  for (const target of settings.targets) registry.add(targetOf(target));
  const { maxResponseBytes, maxRedirects } = settings;
  const limits = { maxResponseBytes, maxRedirects };
  const caller = new Caller({ ...deps, registry, settings: limits });
  const calls = new CallLog(settings.capturePayloads === true, () => deps.clock.wall());
  const server = new HarpoonServer({ registry, caller, limits, calls });
  const channel = new HarpoonChannel(registry, server, deps.clock);
  return { registry, rules: new AddressRules(settings), caller, server, channel, calls };
}

/** Offers what a server's sign-in needs and callers cannot reach themselves. Returns the labels that were added. */
export function offerDiscovered({ registry, rules }: Harpoon, found: readonly DiscoveredUrl[]): readonly string[] {
  const targets = oauthTargets(
    found,
    (url) => rules.reason(url),
    (label) => registry.get(label) !== undefined,
  );
  return targets.filter((target) => registry.add({ kind: 'exact', ...target })).map(({ label }) => label);
}

/** Hosts that the profile names for its server and its sign-in: they may be private whatever their names look like. */
export const ownHosts = (profile: Pick<Profile, 'channels' | 'mcp'>): ReadonlySet<string> =>
  new Set(
    [
      ...profile.channels.flatMap((channel) =>
        channel.kind === 'http' && channel.name === 'main' ? [channel.url] : [],
      ),
      ...(profile.mcp.oauthTrustedOrigins ?? []),
    ].map((url) => bareHost(new URL(url))),
  );

function targetOf(config: Profile['harpoon']['targets'][number]): Target {
  const { label, description, template, unixSocket, allowedMethods, maxRequestBytes, maxResponseBytes, timeoutMs } =
    config;
  const info = { label, ...(description !== undefined && { description }), category: 'config', source: 'config' };
  if (template) return { ...info, kind: 'template', template: new Template(template) };
  return {
    ...info,
    kind: 'exact',
    url: new URL(config.url),
    written: config.url,
    ...(unixSocket !== undefined && { unixSocket }),
    ...(allowedMethods && { allowedMethods }),
    ...(maxRequestBytes !== undefined && { maxRequestBytes }),
    ...(maxResponseBytes !== undefined && { maxResponseBytes }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(config.allowsPaths === true && { allowsPaths: true }),
    ...(config.graphql && { graphql: new GraphqlOperations(config.graphql.operations, config.graphql) }),
  };
}
