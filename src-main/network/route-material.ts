import type { SecureContext } from 'node:tls';
import type { Leg } from '../../shared/errors.ts';
import { isLoopbackName } from '../base/loopback.ts';
import { loadClientCertificate, type ClientCertificate } from './client-certificate.ts';
import type { ConnectorOptions } from './connect.ts';
import type { Dialer } from './dial.ts';
import { hostPort } from './errors.ts';
import { filePath } from './pem.ts';
import { parseProxy, proxyFromEnvironment, type Proxy } from './proxy.ts';
import type { ProxySignIns } from './proxy-sign-in.ts';
import { resolveSetting } from './resolve-setting.ts';
import type { RoutePlan } from './route-plan.ts';
import type { RouteDeps } from './routes.ts';
import { secureContextFor } from './trust.ts';

/** A proxy and who says that it is to be used: a setting's name, a variable's, or `system`. */
export interface ChosenProxy {
  readonly proxy: Proxy;
  readonly source: string;
}

/** What a route needs, read and resolved: enough to open connections. */
export interface RouteMaterial {
  readonly leg: Leg;
  readonly unixSocket: string | undefined;
  readonly chosen: ChosenProxy | undefined;
  readonly secureContext: SecureContext | undefined;
  readonly proxySecureContext: SecureContext | undefined;
  readonly client: ClientCertificate | undefined;
  /** What it was read from: a change of one of these asks for reading again. */
  readonly files: readonly string[];
  readonly secretRefs: readonly string[];
}

/** Reads files and resolves references. Rejects with `TunnelError`: `proxy_invalid`, `ca_invalid`, `client_certificate_invalid`, secret codes. */
export async function loadMaterial(plan: RoutePlan, url: URL, deps: RouteDeps): Promise<RouteMaterial> {
  const { leg, unixSocket, clientCertificate, caBundles } = plan;
  const chosen = await chooseProxy(plan, url, deps);
  const client = clientCertificate && (await loadClientCertificate(clientCertificate, leg, deps.secrets));
  const secureContext = url.protocol === 'https:' ? await secureContextFor(caBundles, leg, client) : undefined;
  // The proxy is nobody's configured origin: it never gets the client certificate.
  const proxySecureContext = chosen?.proxy.secure ? await secureContextFor(caBundles, leg, undefined) : undefined;
  const refs = [plan.proxy?.value, clientCertificate?.passphrase?.value].filter((ref) => ref !== undefined);
  const files = [
    ...caBundles.map(({ value }) => filePath(value)),
    ...[clientCertificate?.cert, clientCertificate?.key].flatMap((setting) =>
      setting ? [filePath(setting.value)] : [],
    ),
    ...refs.filter((ref) => ref.startsWith('file:')).map(filePath),
  ];
  return { leg, unixSocket, chosen, secureContext, proxySecureContext, client, files, secretRefs: refs };
}

async function chooseProxy(plan: RoutePlan, url: URL, deps: RouteDeps): Promise<ChosenProxy | undefined> {
  const { proxy: explicit, leg } = plan;
  if (explicit !== undefined) {
    const text = await resolveSetting(explicit, deps.secrets);
    return { proxy: parseProxy(text, leg, explicit.field), source: explicit.field };
  }
  if (plan.unixSocket !== undefined) return undefined;
  const env = deps.env ?? process.env;
  const found = proxyFromEnvironment(url, env);
  if (found !== undefined) return { proxy: parseProxy(found.text, leg, found.variable), source: found.variable };
  const system = isLoopbackName(url.hostname) ? undefined : await deps.systemProxy?.(url);
  return system === undefined ? undefined : { proxy: parseProxy(system, leg, 'system'), source: 'system' };
}

/** Plain HTTP goes to its proxy in absolute form; everything else is led through by CONNECT or SOCKS. */
export function forwardProxy({ chosen }: RouteMaterial, url: URL): Proxy | undefined {
  return chosen?.proxy.kind === 'http' && url.protocol === 'http:' ? chosen.proxy : undefined;
}

/** Where the connection itself ends: the target, or the proxy that is spoken to in absolute form. */
export function connectionEnd(material: RouteMaterial, url: URL): URL {
  const forward = forwardProxy(material, url);
  return forward ? new URL(`${forward.secure ? 'https' : 'http'}://${hostPort(forward.host, forward.port)}`) : url;
}

export function connectorOptions(
  material: RouteMaterial,
  url: URL,
  timeoutMs: number,
  dialer: Dialer,
  signIns?: ProxySignIns,
  onPeer?: ConnectorOptions['onPeer'],
  allowsAddress?: (url: URL, address: string) => boolean,
): ConnectorOptions {
  const { leg, unixSocket, chosen, secureContext, proxySecureContext, client } = material;
  const forward = forwardProxy(material, url);
  if (forward !== undefined) {
    return {
      leg,
      timeoutMs,
      dialer,
      endIsProxy: true,
      ...(proxySecureContext && { secureContext: proxySecureContext }),
    };
  }
  return {
    leg,
    timeoutMs,
    dialer,
    ...(unixSocket !== undefined && { unixSocket }),
    ...(chosen && { tunnelThrough: chosen.proxy }),
    ...(signIns && { signIns }),
    ...(secureContext && { secureContext }),
    ...(proxySecureContext && { proxySecureContext }),
    ...(client && { clientSubject: client.subject }),
    ...(onPeer && { onPeer }),
    ...(allowsAddress && leg === 'harpoon' && { allowsAddress: (address) => allowsAddress(url, address) }),
  };
}
