import { TunnelError } from '../../shared/errors.ts';
import { isAdminKey } from '../../shared/keys.ts';
import type { Profile, SecretRef } from '../../shared/profile.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Clock } from '../base/clock.ts';

/** A key in a file may be rotated by others: it is read again when its last reading is older than this. */
const fileAgeMs = 1_000;

export interface Credentials {
  readonly apiKey: string;
  readonly extra: readonly (readonly [string, string])[];
}

/**
 * The key and the secret header values of one control plane, resolved when a request needs them and kept until something
 * says that they may have changed: a replacement through Culvert, a refusal, or the age of a file's reading.
 */
export class CredentialSource {
  readonly #config: Profile['controlPlane'];
  readonly #secrets: SecretResolver;
  readonly #clock: Clock;
  readonly #changing: boolean;
  readonly #unsubscribe: (() => void)[] = [];
  #current: Credentials | undefined;
  #readAt = 0;
  #generation = 0;
  #pending: Promise<Credentials> | undefined;

  /** `onReplaced` is called when a value was replaced through Culvert: whatever waits because of the old one may try again. */
  constructor(config: Profile['controlPlane'], secrets: SecretResolver, clock: Clock, onReplaced: () => void) {
    this.#config = config;
    this.#secrets = secrets;
    this.#clock = clock;
    const refs = [config.apiKey, ...Object.values(config.extraHeaders)].filter((ref) => ref !== undefined);
    this.#changing = refs.some((ref) => ref.startsWith('file:'));
    for (const ref of refs) {
      this.#unsubscribe.push(
        secrets.onReplaced(ref, () => {
          this.forget();
          onReplaced();
        }),
      );
    }
  }

  /** The values at hand, when they need not be read again. */
  get current(): Credentials | undefined {
    if (this.#changing && this.#clock.now() - this.#readAt > fileAgeMs) return undefined;
    return this.#current;
  }

  /** Rejects with `TunnelError`: `key_missing`, `key_is_admin` or what the resolver says. */
  resolve(): Promise<Credentials> {
    if (this.#pending) return this.#pending;
    const reading = this.#read(this.#generation).finally(() => {
      if (this.#pending === reading) this.#pending = undefined;
    });
    return (this.#pending = reading);
  }

  /** The control plane refused the key, or it was replaced: the next request reads it again. */
  forget(): void {
    this.#generation++;
    this.#current = undefined;
    this.#pending = undefined;
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  async #read(generation: number): Promise<Credentials> {
    const { apiKey: ref, extraHeaders } = this.#config;
    if (ref === undefined || ref === '') throw new TunnelError('key_missing', 'control-plane');
    const apiKey = await this.#value(ref, 'Authorization');
    if (isAdminKey(apiKey)) throw new TunnelError('key_is_admin', 'local');
    const extra: [string, string][] = [];
    for (const [name, value] of Object.entries(extraHeaders)) extra.push([name, await this.#value(value, name)]);
    const read = { apiKey, extra };
    if (generation !== this.#generation) return read;
    this.#readAt = this.#clock.now();
    // The same object as long as nothing changed: request headers are built once for it.
    const known = this.#current;
    const same = known?.apiKey === apiKey && known.extra.every(([, value], index) => value === extra[index]?.[1]);
    return same ? known : (this.#current = read);
  }

  async #value(ref: SecretRef, header: string): Promise<string> {
    const value = await this.#secrets.resolve(ref);
    if (/[^\t\x20-\x7e]/.test(value)) throw new TunnelError('header_invalid', 'control-plane', { name: header });
    return value;
  }
}
