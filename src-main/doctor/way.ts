import type { Evidence, ProbeResult } from '../../shared/evidence.ts';
import type { Profile } from '../../shared/profile.ts';
import { createRoutes } from '../network/profile-routes.ts';
import type { RouteDeps, RouteInfo, Routes, Target } from '../network/routes.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { DoctorServices } from './services.ts';

/** A connection is made as the engine makes it, only with less patience. */
export const routeDeps = ({ secrets, env, systemProxy }: DoctorServices): RouteDeps => ({
  secrets,
  env,
  connectTimeoutMs: 8_000,
  ...(systemProxy && { systemProxy }),
});

/** What several checks of one profile ask of its control plane: each thing once, however many want to know. */
export class Way {
  readonly routes: Routes;
  readonly target: Target;
  /** A poll of this process was taken: with that the wire version was, too. */
  pollAccepted = false;
  readonly #profile: Profile;
  readonly #services: DoctorServices;
  #metadata: Promise<ProbeResult> | undefined;

  constructor(profile: Profile, services: DoctorServices) {
    this.#profile = profile;
    this.#services = services;
    this.routes = createRoutes(profile, routeDeps(services));
    this.target = { url: new URL(profile.controlPlane.baseUrl) };
  }

  info(): Promise<RouteInfo> {
    return this.routes.describe('control-plane', this.target);
  }

  /** Opens one connection as far as TCP, or a proxy's consent. */
  connect(): Promise<Evidence> {
    return this.routes.test('control-plane', this.target, false);
  }

  /** Opens one connection through TLS. Resolves with what the handshake showed, or where the way ended. */
  async handshake(): Promise<Evidence | undefined> {
    return (await this.routes.walk('control-plane', this.target)).at(-1);
  }

  /** Asks for the tunnel with the key. */
  metadata(cancellation: Cancellation): Promise<Evidence | undefined> {
    this.#metadata ??= this.#services.probes.controlPlane(this.#profile, () => undefined, cancellation);
    return this.#metadata.then(({ evidence }) => evidence.at(-1));
  }

  close(): Promise<void> {
    return this.routes.close();
  }
}
