import type { Profile } from '../../shared/profile.ts';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { CertificateSeen, ProxyHealth } from '../../shared/tunnel.ts';
import { expiryError, expiryWarning } from '../../shared/certificates.ts';
import type { Clock } from '../base/clock.ts';
import { configuredTargets } from './profile-routes.ts';
import type { Purpose, Routes, Target } from './routes.ts';

/** Keeps an eye on the ways of a running tunnel: whether its proxies let it through, and which certificates end when. */
export interface RouteWatch {
  readonly proxies: readonly ProxyHealth[];
  readonly certificates: readonly CertificateSeen[];
  start(): void;
  /** Looks now: a person asked, the machine woke. */
  nudge(): void;
  stop(): void;
}

/**
 * Checks each route that goes through a proxy, every `proxyCheckIntervalMs` (0: never), as far as the proxy's consent and
 * without a word to the target. `onChange` is called when a proxy's health changed, `onExpiry` when a certificate has 30, 7
 * or 1 days left, once each.
 */
export function createRouteWatch(
  profile: Pick<
    Profile,
    'controlPlane' | 'channels' | 'mcp' | 'harpoon' | 'httpProxy' | 'caBundle' | 'proxyCheckIntervalMs'
  >,
  routes: Routes,
  clock: Clock,
  onChange: () => void,
  onExpiry: (warning: TunnelErrorData) => void = () => undefined,
): RouteWatch {
  return new Watch(configuredTargets(profile), profile.proxyCheckIntervalMs, routes, clock, onChange, onExpiry);
}

/** When the certificates are looked at: once the first connections were made, then every hour. */
const firstExpiryLookMs = 10_000;
const expiryLookMs = 3_600_000;

class Watch implements RouteWatch {
  readonly #targets: readonly (readonly [Purpose, Target])[];
  readonly #intervalMs: number;
  readonly #routes: Routes;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #onExpiry: (warning: TunnelErrorData) => void;
  readonly #health = new Map<string, ProxyHealth>();
  /** What each certificate was warned of last, by its subject and end. */
  readonly #warned = new Map<string, number>();
  #stopExpiry: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;
  #looking = false;
  #stopped = false;

  constructor(
    targets: readonly (readonly [Purpose, Target])[],
    intervalMs: number,
    routes: Routes,
    clock: Clock,
    onChange: () => void,
    onExpiry: (warning: TunnelErrorData) => void,
  ) {
    this.#targets = targets;
    this.#intervalMs = intervalMs;
    this.#routes = routes;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onExpiry = onExpiry;
  }

  get proxies(): readonly ProxyHealth[] {
    return [...this.#health.values()];
  }

  get certificates(): readonly CertificateSeen[] {
    return this.#routes.certificates();
  }

  start(): void {
    if (this.#intervalMs > 0) void this.#look();
    this.#stopExpiry = this.#clock.after(firstExpiryLookMs, () => this.#lookAtCertificates());
  }

  nudge(): void {
    if (this.#stopTimer === undefined) return;
    this.#stopTimer();
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopExpiry?.();
    this.#stopTimer?.();
  }

  #lookAtCertificates(): void {
    const now = this.#clock.wall();
    for (const certificate of this.certificates) {
      const warning = expiryWarning(certificate, now);
      const key = `${certificate.subject} ${certificate.notAfter}`;
      if (warning === undefined || warning >= (this.#warned.get(key) ?? Infinity)) continue;
      this.#warned.set(key, warning);
      this.#onExpiry(expiryError(certificate, now));
    }
    this.#stopExpiry = this.#clock.after(expiryLookMs, () => this.#lookAtCertificates());
  }

  #isOver(): boolean {
    return this.#stopped;
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#isOver()) return;
    this.#looking = true;
    let anyProxy = false;
    for (const [purpose, target] of this.#targets) anyProxy = (await this.#check(purpose, target)) || anyProxy;
    this.#looking = false;
    // Without a proxy there is nothing to come back for: settings do not change under a running tunnel.
    if (this.#isOver() || !anyProxy) return;
    this.#stopTimer = this.#clock.after(this.#intervalMs, () => void this.#look());
  }

  async #check(purpose: Purpose, target: Target): Promise<boolean> {
    const info = await this.#routes.describe(purpose, target).catch(() => undefined);
    if (info?.mode !== 'proxy' || info.via === undefined) return false;
    const { outcome, at, ms, error } = await this.#routes.test(purpose, target, false);
    if (this.#isOver()) return true;
    const key = `${purpose} ${target.name ?? ''}`;
    const before = this.#health.get(key);
    const healthy = outcome === 'pass';
    const succeededAt = healthy ? at : before?.succeededAt;
    this.#health.set(key, {
      route: purpose,
      ...(target.name !== undefined && { name: target.name }),
      proxy: info.via,
      source: info.source ?? '',
      state: healthy ? 'healthy' : 'unhealthy',
      checkedAt: at,
      ...(succeededAt !== undefined && { succeededAt }),
      ...(ms !== undefined && { ms }),
      ...(error && { error }),
    });
    if (before?.state !== (healthy ? 'healthy' : 'unhealthy')) this.#onChange();
    return true;
  }
}
