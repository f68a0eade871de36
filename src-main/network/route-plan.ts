import type { Leg } from '../../shared/errors.ts';
import type { HttpChannelConfig, SecretRef } from '../../shared/profile.ts';
import { isBypassed } from './proxy.ts';
import type { Purpose, RouteSettings, Target } from './routes.ts';

/** A setting with the name people know it by. */
export interface Setting {
  readonly value: string;
  readonly field: string;
}

export interface ClientCertificatePlan {
  readonly cert: Setting | undefined;
  readonly key: Setting | undefined;
  readonly passphrase: Setting | undefined;
}

/** Everything a route needs, chosen from the profile by precedence, with nothing read or resolved yet. */
export interface RoutePlan {
  readonly leg: Leg;
  readonly unixSocket: string | undefined;
  /** An explicit proxy: it ignores the whole environment, NO_PROXY included, and loopback goes through it too. */
  readonly proxy: Setting | undefined;
  /** Added to the system's roots and Mozilla's. */
  readonly caBundles: readonly Setting[];
  readonly clientCertificate: ClientCertificatePlan | undefined;
}

const setting = (value: string | undefined, field: string): Setting | undefined =>
  value === undefined || value.trim() === '' ? undefined : { value: value.trim(), field };

const present = <T>(value: T | undefined): value is T => value !== undefined;

/** Precedence: target, then route default, then global (docs/configuration.md, "Proxy precedence"). */
export function planFor(purpose: Purpose, target: Target, profile: RouteSettings): RoutePlan {
  const settings = withoutBypassed(target, profile);
  switch (purpose) {
    case 'control-plane':
      return controlPlanePlan(target, settings);
    case 'mcp':
    case 'mcp-discovery':
    case 'oauth':
      return mcpPlan(purpose, target, settings);
    case 'harpoon':
      return harpoonPlan(target, settings);
  }
}

/** The profile's own list of hosts keeps its global proxy from them; a proxy that a route names for itself stays. */
function withoutBypassed(target: Target, settings: RouteSettings): RouteSettings {
  const { httpProxy, noProxy } = settings;
  if (httpProxy === undefined || noProxy === undefined || !isBypassed(target.url, noProxy.join(','))) return settings;
  return { ...settings, httpProxy: undefined };
}

function controlPlanePlan(target: Target, { controlPlane, httpProxy, caBundle }: RouteSettings): RoutePlan {
  return {
    leg: 'control-plane',
    unixSocket: controlPlane.unixSocket,
    proxy: setting(controlPlane.httpProxy, 'control_plane.http_proxy') ?? setting(httpProxy, 'http_proxy'),
    caBundles: [setting(caBundle, 'ca_bundle'), setting(controlPlane.caBundle, 'control_plane.ca_bundle')].filter(
      present,
    ),
    clientCertificate:
      target.url.protocol === 'https:'
        ? pair('control_plane', controlPlane.clientCert, controlPlane.clientKey, controlPlane.clientKeyPassphrase)
        : undefined,
  };
}

function mcpPlan(purpose: 'mcp' | 'mcp-discovery' | 'oauth', target: Target, settings: RouteSettings): RoutePlan {
  const { mcp, channels, httpProxy, caBundle } = settings;
  const channel = channels.find((one): one is HttpChannelConfig => one.kind === 'http' && one.name === target.name);
  const field = `mcp.channels.${target.name ?? 'main'}`;
  // A Unix socket leads to the server itself: there is no way for a proxy on it, and defaults are ignored.
  const socket = channel?.unixSocket;
  const proxy =
    setting(channel?.httpProxy, `${field}.http_proxy`) ??
    (socket === undefined ? (setting(mcp.httpProxy, 'mcp.http_proxy') ?? setting(httpProxy, 'http_proxy')) : undefined);
  return {
    leg: purpose === 'oauth' ? 'oauth' : 'mcp-server',
    unixSocket: socket,
    proxy,
    caBundles: [
      setting(caBundle, 'ca_bundle'),
      setting(mcp.caBundle, 'mcp.ca_bundle'),
      setting(channel?.caBundle, `${field}.ca_bundle`),
    ].filter(present),
    clientCertificate: channel && sameOrigin(target.url, channel.url) ? mcpCertificate(channel, field, mcp) : undefined,
  };
}

/** The channel's own pair, or the default one; never half of each. */
function mcpCertificate(
  channel: HttpChannelConfig,
  field: string,
  mcp: RouteSettings['mcp'],
): ClientCertificatePlan | undefined {
  return (
    pair(field, channel.clientCert, channel.clientKey, channel.clientKeyPassphrase) ??
    pair('mcp', mcp.clientCert, mcp.clientKey, mcp.clientKeyPassphrase)
  );
}

function harpoonPlan(target: Target, { harpoon, httpProxy, caBundle }: RouteSettings): RoutePlan {
  const configured = harpoon.targets.find(({ label }) => label === target.name);
  return {
    leg: 'harpoon',
    unixSocket: configured && sameOrigin(target.url, configured.url) ? configured.unixSocket : undefined,
    proxy: setting(harpoon.httpProxy, 'harpoon.http_proxy') ?? setting(httpProxy, 'http_proxy'),
    caBundles: [setting(caBundle, 'ca_bundle')].filter(present),
    clientCertificate: undefined,
  };
}

function pair(
  prefix: string,
  cert: string | undefined,
  key: string | undefined,
  passphrase: SecretRef | undefined,
): ClientCertificatePlan | undefined {
  const plan = {
    cert: setting(cert, `${prefix}.client_cert`),
    key: setting(key, `${prefix}.client_key`),
    passphrase: setting(passphrase, `${prefix}.client_key_passphrase`),
  };
  return plan.cert === undefined && plan.key === undefined ? undefined : plan;
}

function sameOrigin(url: URL, configured: string): boolean {
  return URL.canParse(configured) && new URL(configured).origin === url.origin;
}
