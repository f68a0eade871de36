import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import type { Profile } from '../../shared/profile.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../observe/log.ts';
import { runtimeFolder } from '../runtime/runtime-folder.ts';
import type { Env } from '../settings/layers.ts';
import { isInKubernetes, KubernetesLease } from './kubernetes-lease.ts';
import { FileLease } from './lease-file.ts';
import { Lease, type LeaseStore } from './lease.ts';

export interface ExclusiveOptions {
  readonly env: Env;
  readonly clock: Clock;
  readonly log: Log;
  /** Serve this tunnel now, or no more; `isWanted` = it has not been lost since. */
  readonly serve: (profile: Profile, isWanted: () => boolean) => Promise<void>;
  readonly cease: (profile: Profile) => Promise<void>;
}

/** Where the lease of a tunnel is: `true` = the cluster's where there is one, else a file of this account; or what is named. */
function storeFor({ exclusive = '', controlPlane }: Profile, env: Env, holder: string): LeaseStore {
  const place = `${env['HOSTNAME'] ?? hostname()}, process ${process.pid}`;
  const isAuto = exclusive === 'true';
  if (exclusive === 'kubernetes' || (isAuto && isInKubernetes(env)))
    return new KubernetesLease(`culvert-${controlPlane.tunnelId.replaceAll('_', '-')}`, holder, place, env);
  const folder = isAuto ? runtimeFolder(env) : exclusive;
  return new FileLease(join(folder, `${controlPlane.tunnelId}.lease`), holder, place);
}

/** Tunnels that only one instance of a group serves: this one while it has the lease, and else it stands by. */
export class Exclusive {
  readonly #options: ExclusiveOptions;
  readonly #leases: Lease[] = [];
  readonly #standing = new Set<string>();

  constructor(options: ExclusiveOptions) {
    this.#options = options;
  }

  /** Whether another instance serves what this one would. */
  get isStandingBy(): boolean {
    return this.#standing.size > 0;
  }

  start(profile: Profile): void {
    const { env, clock, log, serve, cease } = this.#options;
    const holder = randomUUID();
    const store = storeFor(profile, env, holder);
    const scope = { tunnel: profile.id };
    let isWanted = false;
    let ceasing: Promise<void> = Promise.resolve();
    const failed = (error: unknown): void => {
      const why = error instanceof TunnelError ? sentence(error) : String(error);
      log.error(`${why} This instance leaves the tunnel to others.`, {}, scope);
      void lease.stop();
    };
    const lease: Lease = new Lease({
      store,
      clock,
      holder,
      acquired: () => {
        this.#standing.delete(profile.id);
        log.info(`This instance serves the tunnel now: it has ${store.name}.`, {}, scope);
        isWanted = true;
        ceasing.then(() => serve(profile, () => isWanted)).catch(failed);
      },
      lost: (why) => {
        this.#standing.add(profile.id);
        log.warn(`This instance no longer serves the tunnel: ${store.name} is lost, ${why}.`, {}, scope);
        isWanted = false;
        ceasing = cease(profile);
        ceasing.catch(failed);
      },
      standingBy: (place) => {
        this.#standing.add(profile.id);
        log.info(`Standing by: ${place} serves this tunnel.`, {}, scope);
      },
      failed: (error) =>
        log.warn(`${store.name} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {}, scope),
    });
    this.#leases.push(lease);
    lease.start();
  }

  /** Gives every lease back, once nothing is served any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#leases.splice(0).map((lease) => lease.stop()));
  }
}
