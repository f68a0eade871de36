import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import { isRuntimeKey } from '../../../shared/keys.ts';
import type { AdminKeyState, ManagedTunnel } from '../../../shared/managed-tunnel.ts';
import { TestTunnels } from './tunnel-records.ts';

export interface FakeManagementOptions {
  readonly kept: AdminKeyState['kept'];
  readonly keychain: boolean;
  readonly tunnels: readonly ManagedTunnel[];
  /** What every call that reaches the control plane comes to. */
  readonly failure?: () => TunnelError | undefined;
  readonly stepMs: number;
}

const origin = 'https://api.openai.com';

/** The management API as the pages see it: a key is asked for, `sk-admin-refused` is refused, everything else is good. */
export class FakeManagement {
  /** Created here, and for so many probes not usable. */
  readonly fresh = new Map<string, number>();
  readonly tunnels: TestTunnels;
  kept: AdminKeyState['kept'];
  #refused = false;
  readonly #options: FakeManagementOptions;

  constructor(options: FakeManagementOptions) {
    this.#options = options;
    this.kept = options.kept;
    this.tunnels = new TestTunnels(options.tunnels);
  }

  async #ask(): Promise<TestTunnels> {
    await new Promise((resolve) => setTimeout(resolve, this.#options.stepMs));
    const failure = this.#options.failure?.();
    if (this.kept === 'none') throw new TunnelError('admin_key_missing', 'local', { origin });
    if (this.#refused) throw new TunnelError('admin_key_refused', 'control-plane', { status: 401 });
    if (failure) throw failure;
    return this.tunnels;
  }

  readonly handlers = {
    'management.keyState': () => ({ origin, kept: this.kept }),
    'management.setKey': ({ key }) => {
      if (isRuntimeKey(key)) throw new TunnelError('key_is_runtime', 'local');
      this.#refused = key.startsWith('sk-admin-refused');
      this.kept = this.#options.keychain ? 'keychain' : 'memory';
      return { origin, kept: this.kept };
    },
    'management.forgetKey': () => {
      this.kept = 'none';
      return { origin, kept: 'none' };
    },
    'management.list': async ({ scope }) => (await this.#ask()).of(scope),
    'management.get': async ({ id }) => (await this.#ask()).get(id),
    'management.create': async ({ tunnel }) => {
      const created = (await this.#ask()).create(tunnel);
      this.fresh.set(created.id, 2);
      return created;
    },
    'management.update': async ({ id, change }) => (await this.#ask()).change(id, change),
    'management.delete': async ({ id }) => (await this.#ask()).remove(id),
  } satisfies Partial<Handlers>;
}
