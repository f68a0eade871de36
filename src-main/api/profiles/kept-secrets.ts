import { isDeepStrictEqual } from 'node:util';
import type { Profile } from '../../../shared/profile.ts';
import { keptSecretPrefix, type SecretState } from '../../../shared/profile-editor.ts';
import { findSecrets } from '../../detect/find-secrets.ts';
import { hasSecretLooks, isSecretName } from '../../detect/redact.ts';
import { isReference } from '../../settings/rules.ts';
import { secretSlots } from '../../profiles/secret-slots.ts';
import { trimmedOf } from '../../../shared/trim.ts';

/** Literals that are secrets: keys and passphrases always, proxies with a password, values of headers and variables with a secret's name or looks. */
function isSecretLiteral(slot: string, value: string): boolean {
  if (isReference(value) || value === '') return false;
  if (slot.endsWith('http_proxy')) return hasSecretLooks(value);
  if (slot === 'api_key' || slot.endsWith('passphrase')) return true;
  return isSecretName(slot) || hasSecretLooks(value) || /^(sk|pk)-|^Bearer /.test(value);
}

/** In a text that cannot be read as a profile, what stands behind a secret's name or looks like one: rather too much than too little. */
function suspectsIn(text: string): string[] {
  const found = findSecrets(text).map(({ start, end }) => text.slice(start, end));
  for (const part of text.split(/[,{}\n]/)) {
    const colon = part.indexOf(':');
    if (colon < 0 || !isSecretName(part.slice(0, colon))) continue;
    const [value = ''] = trimmedOf(part.slice(colon + 1).trim(), `"'`).split(/[\s"'#]/);
    if (value.length >= 4) found.push(value);
  }
  return found.filter((value) => !isReference(value));
}

/**
 * Literal secrets of profile files, which never leave this process: in what the editor gets, each is replaced by
 * `kept:<n>`, and what comes back from it has them put back in.
 */
export class KeptSecrets {
  readonly #values: string[] = [];

  /** The text and the profile as the editor may see them. */
  hide<T extends { readonly text: string; readonly profile?: Profile }>(document: T): T {
    if (!document.profile) {
      for (const value of suspectsIn(document.text)) this.#keep(value);
      return { ...document, text: this.#hideKnown(document.text) };
    }
    for (const { slot, value } of secretSlots(document.profile)) if (isSecretLiteral(slot, value)) this.#keep(value);
    return {
      ...document,
      text: this.#hideKnown(document.text),
      profile: this.#map(document.profile, (text) => this.#hideKnown(text)),
    };
  }

  /** What the editor sent, with the secrets back in. */
  restore<T>(sent: T): T {
    return this.#map(sent, (text) =>
      text.replace(/kept:(\d+)/g, (whole, n: string) => this.#values[Number(n)] ?? whole),
    );
  }

  /** The secrets of a profile as the editor lists them. */
  states(profile: Profile, isSet: (ref: string) => boolean): SecretState[] {
    return secretSlots(profile).flatMap(({ slot, value }) => {
      if (isReference(value)) return [{ slot, ref: value, set: isSet(value) }];
      return isSecretLiteral(slot, value) ? [{ slot, ref: `${keptSecretPrefix}${this.#keep(value)}`, set: true }] : [];
    });
  }

  #keep(value: string): number {
    const known = this.#values.indexOf(value);
    return known >= 0 ? known : this.#values.push(value) - 1;
  }

  /** The longest first: one secret may be the beginning of another. */
  #hideKnown(text: string): string {
    const order = this.#values
      .map((value, index) => ({ value, index }))
      .sort((a, b) => b.value.length - a.value.length);
    let hidden = text;
    for (const { value, index } of order) hidden = hidden.replaceAll(value, `${keptSecretPrefix}${index}`);
    return hidden;
  }

  #map<T>(value: T, change: (text: string) => string): T {
    if (typeof value === 'string') return change(value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.#map(item, change)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const mapped = Object.fromEntries(
      Object.entries(value).map(([key, item]: [string, unknown]) => [key, this.#map(item, change)]),
    );
    return (isDeepStrictEqual(mapped, value) ? value : mapped) as T;
  }
}
