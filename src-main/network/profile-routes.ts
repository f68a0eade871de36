import { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { layerOf } from '../../shared/error-layer.ts';
import type { CertificateSeen } from '../../shared/tunnel.ts';
import { controlPlaneUrl } from './control-plane-url.ts';
import { toTunnelError } from './errors.ts';
import { filePath } from './pem.ts';
import type { RouteMaterial } from './route-material.ts';
import { planFor, type Setting } from './route-plan.ts';
import { Dialer } from './dial.ts';
import { ProxySignIns } from './proxy-sign-in.ts';
import { Route } from './route.ts';
import type { Lease, OwnDeps, Purpose, RouteDeps, RouteInfo, Routes, RouteSettings, Target } from './routes.ts';

/** Never rejects by itself: settings are read when a route is first asked for. */
export function createRoutes(settings: RouteSettings, deps: RouteDeps): Routes {
  const { dialer = new Dialer(), proxySignIns = new ProxySignIns() } = deps;
  return new ProfileRoutes(settings, { ...deps, dialer, proxySignIns });
}

/** Beyond what a profile names. */
const mostRoutes = 200;

class ProfileRoutes implements Routes {
  readonly #settings: RouteSettings;
  readonly #deps: OwnDeps;
  /** One per purpose, name and origin. */
  readonly #routes = new Map<string, Promise<Route>>();
  readonly #open = new Set<Route>();
  readonly #made = new WeakMap<Target, Map<Purpose, Route>>();
  #closed = false;

  constructor(settings: RouteSettings, deps: OwnDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  leaseNow(purpose: Purpose, target: Target): Lease | undefined {
    const route = this.#made.get(target)?.get(purpose);
    return route?.isOpen === true ? route.lease(target.pool) : undefined;
  }

  async dispatcherFor(purpose: Purpose, target: Target): Promise<Lease> {
    const route = await this.#routeFor(purpose, target);
    const made = this.#made.get(target) ?? new Map<Purpose, Route>();
    this.#made.set(target, made.set(purpose, route));
    return route.lease(target.pool);
  }

  async check(): Promise<void> {
    for (const [purpose, target] of configuredTargets(this.#settings)) await this.#routeFor(purpose, target);
  }

  async test(purpose: Purpose, target: Target, throughTls = true): Promise<Evidence> {
    const at = Date.now();
    const started = performance.now();
    const step = `route.${purpose}`;
    const facts: Record<string, string | number | boolean | string[]> = { target: target.url.host };
    try {
      const route = await this.#routeFor(purpose, target);
      Object.assign(facts, factsOf(infoOf(route.material, planFor(purpose, target, this.#settings).caBundles)));
      Object.assign(facts, await route.test(throughTls));
      return { step, outcome: 'pass', layer: 'network', at, ms: performance.now() - started, facts };
    } catch (cause) {
      const error = toTunnelError(cause, 'local').toJSON();
      return { step, outcome: 'fail', layer: layerOf(error), at, ms: performance.now() - started, facts, error };
    }
  }

  async walk(purpose: Purpose, target: Target): Promise<readonly Evidence[]> {
    const evidence: Evidence[] = [];
    let since = performance.now();
    const add = (step: string, rest: Pick<Evidence, 'outcome' | 'layer' | 'facts' | 'error'>): void => {
      const now = performance.now();
      evidence.push({ step, at: Date.now(), ms: now - since, ...rest });
      since = now;
    };
    let facts: Evidence['facts'] = { target: target.url.host };
    try {
      const route = await this.#routeFor(purpose, target);
      facts = factsOf(infoOf(route.material, planFor(purpose, target, this.#settings).caBundles));
      add('route.settings', { outcome: 'pass', layer: 'app', facts });
      await route.test(true, (hop) => {
        add(`way.${hop.step}`, { outcome: 'pass', layer: 'network', facts: { ...hop.facts } });
      });
    } catch (cause) {
      const error = toTunnelError(cause, 'local').toJSON();
      add(`route.${purpose}`, { outcome: 'fail', layer: layerOf(error), facts, error });
    }
    return evidence;
  }

  async describe(purpose: Purpose, target: Target): Promise<RouteInfo> {
    const { material } = await this.#routeFor(purpose, target);
    return infoOf(material, planFor(purpose, target, this.#settings).caBundles);
  }

  certificates(): readonly CertificateSeen[] {
    const all = [...this.#open].flatMap(({ certificates }) => certificates);
    return [...new Map(all.map((one) => [`${one.of} ${one.subject}`, one])).values()];
  }

  async closeIdle(): Promise<void> {
    this.#deps.dialer.forget();
    await this.#each((route) => route.refresh());
  }

  forgiveProxies(): void {
    this.#deps.proxySignIns.forget();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#each((route) => route.close());
    this.#routes.clear();
    this.#open.clear();
  }

  #routeFor(purpose: Purpose, target: Target): Promise<Route> {
    const key = keyOf(purpose, target);
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    if (this.#closed) return Promise.reject(new TunnelError('shutting_down', 'local'));
    this.#makeRoom();
    const route = Route.open(planFor(purpose, target, this.#settings), target.url, this.#deps);
    this.#routes.set(key, route);
    route.then(
      (opened) => this.#open.add(opened),
      // A file may be put right, a secret may come: the next request reads anew.
      () => this.#routes.delete(key),
    );
    return route;
  }

  /** Harpoon and redirects may lead to any number of origins; the ones asked for longest ago give way. */
  #makeRoom(): void {
    if (this.#routes.size < mostRoutes) return;
    const configured = new Set(configuredTargets(this.#settings).map(([purpose, target]) => keyOf(purpose, target)));
    for (const [key, route] of this.#routes) {
      if (configured.has(key)) continue;
      this.#routes.delete(key);
      void route.then(
        (opened) => {
          this.#open.delete(opened);
          opened.retire();
        },
        () => undefined,
      );
      return;
    }
  }

  async #each(run: (route: Route) => void | Promise<void>): Promise<void> {
    const open = await Promise.allSettled([...this.#routes.values()]);
    await Promise.all(open.map(async (route) => (route.status === 'fulfilled' ? run(route.value) : undefined)));
  }
}

const keyOf = (purpose: Purpose, { name, url }: Target): string => `${purpose} ${name ?? ''} ${url.origin}`;

/** Every place that the profile itself names. */
export function configuredTargets({ controlPlane, channels, harpoon }: RouteSettings): readonly [Purpose, Target][] {
  return [
    ['control-plane', { url: controlPlaneUrl(controlPlane) }],
    ...channels.flatMap((channel): [Purpose, Target][] =>
      channel.kind === 'http' ? [['mcp', { url: new URL(channel.url), name: channel.name }]] : [],
    ),
    ...harpoon.targets.map(({ label, url }): [Purpose, Target] => ['harpoon', { url: new URL(url), name: label }]),
  ];
}

function infoOf({ unixSocket, chosen, client }: RouteMaterial, caBundles: readonly Setting[]): RouteInfo {
  const rest = {
    caBundles: caBundles.map(({ value }) => filePath(value)),
    ...(client && { clientCertificate: { subject: client.subject, notAfter: client.notAfter } }),
  };
  if (unixSocket !== undefined) return { mode: 'unix', via: unixSocket, ...rest };
  return chosen
    ? { mode: 'proxy', via: chosen.proxy.label, source: chosen.source, ...rest }
    : { mode: 'direct', ...rest };
}

const factsOf = ({ mode, via, source, caBundles, clientCertificate }: RouteInfo) => ({
  mode,
  ...(via !== undefined && { via }),
  ...(source !== undefined && { source }),
  ...(caBundles.length > 0 && { caBundles: [...caBundles] }),
  ...(clientCertificate && { clientCertificate: clientCertificate.subject }),
});
