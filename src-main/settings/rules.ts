import { TunnelError } from '../../shared/errors.ts';
import { channelNamePattern } from '../../shared/names.ts';
import { fieldName, invalid, type PlaceOf } from './check.ts';
import type { Path } from './raw-tree.ts';

const reference = /^(?:env|file|keychain):/i;
export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const isReference = (text: string): boolean => reference.test(text.trim());

/** Removes what is undefined, so that optional fields are absent rather than undefined. */
export function tidy<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The rules that a schema cannot say: ranges, pairs, names, references. One instance per configuration. */
export class Rules {
  readonly #placeOf: PlaceOf;

  constructor(placeOf: PlaceOf) {
    this.#placeOf = placeOf;
  }

  fail(path: Path, problem: string, allowed?: string): never {
    throw invalid(this.#placeOf, path, problem, allowed === undefined ? {} : { allowed });
  }

  /** Trimmed text; empty is an error, a reference must be complete. */
  text(value: string | undefined, path: Path): string | undefined {
    if (value === undefined) return undefined;
    const trimmed = value.trim();
    if (trimmed === '') this.fail(path, 'it is empty');
    if (/[\r\n]/.test(trimmed)) this.fail(path, 'it has a line break');
    const [, kind = '', rest = ''] = /^(env|file|keychain):(.*)$/i.exec(trimmed) ?? [];
    if (kind.toLowerCase() === 'env' && !variableName.test(rest.trim())) {
      this.fail(path, 'the name of the variable is not valid', 'env:NAME with letters, digits and _');
    }
    if (kind !== '' && rest.trim() === '')
      this.fail(path, 'the reference names nothing', 'env:NAME, file:/path or keychain:…');
    return trimmed;
  }

  url(value: string | undefined, path: Path, protocols = 'http:, https:'): string | undefined {
    const text = this.text(value, path);
    if (text === undefined || isReference(text)) return text;
    const allowed = `an address with ${protocols.replaceAll(':', '://').replace(', ', ' or ')} and a host`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.host === '' || !protocols.includes(url.protocol))
      this.fail(path, 'it is not a usable address', allowed);
    return text;
  }

  proxy(value: string | undefined, path: Path): string | undefined {
    const text = this.text(value, path);
    if (text === undefined || isReference(text)) return text;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.host === '' || !/^(?:https?|socks5?):$/.test(url.protocol)) {
      throw new TunnelError('proxy_invalid', 'local', {
        proxy: fieldName(path),
        ...this.#placeOf(path),
        detail: 'scheme and host are needed',
      });
    }
    return text;
  }

  range(value: number | undefined, path: Path, least: number, most: number, allowed: string): number | undefined {
    if (value !== undefined && (value < least || value > most)) this.fail(path, 'it is out of range', allowed);
    return value;
  }

  /** Certificate and key come together. */
  pair(cert: string | undefined, key: string | undefined, path: Path): { clientCert?: string; clientKey?: string } {
    const clientCert = this.text(cert, [...path, 'client_cert']);
    const clientKey = this.text(key, [...path, 'client_key']);
    if (clientCert !== undefined && clientKey === undefined)
      this.fail([...path, 'client_cert'], 'client_key is missing beside it');
    if (clientKey !== undefined && clientCert === undefined)
      this.fail([...path, 'client_key'], 'client_cert is missing beside it');
    return tidy({ clientCert, clientKey });
  }

  /** Canonical channel name; absent is `main`. */
  channel(value: string | undefined, path: Path): string {
    const name = (value ?? '').trim().toLowerCase() || 'main';
    if (!channelNamePattern.test(name)) this.fail(path, 'it is not a channel name', 'up to 64 of a–z, 0–9, _ and -');
    if (name === 'harpoon') this.fail(path, 'the channel harpoon is reserved for Harpoon itself');
    return name;
  }

  list(values: readonly string[] | undefined, path: Path): string[] | undefined {
    return values?.map((value, index) => this.text(value, [...path, index]) ?? '');
  }
}
