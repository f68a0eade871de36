import { findSecrets, maskSpans } from './find-secrets.ts';

export { isSecretName } from './secret-names.ts';

const mask = '***';

/** Shorter values are words that stand in many a log line: masking them would hide the log and protect nothing. */
const shortestSecret = 6;

/** A URL that says who asks, such as `http://user:password@proxy:3128`. */
export const hasPassword = (value: string): boolean => /^\s*[a-z][a-z0-9+.-]{0,40}:\/\/[^/?#\s]*@/i.test(value);

export type Redact = (text: string) => string;

/**
 * Makes the function that masks secrets in text that people will read: `known` values wherever they stand, and what looks
 * like a key, a token, a password or credentials in a URL. It masks rather too much than too little and never fails.
 */
export function redactor(known: Iterable<string> = []): Redact {
  // The longest first: one secret may be the beginning of another.
  const values = [...new Set(known)]
    .filter((value) => value.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    let masked = text;
    for (const value of values) if (masked.includes(value)) masked = masked.replaceAll(value, mask);
    return maskSpans(masked, findSecrets(masked), mask);
  };
}

/** Whether something in it reads like a key, a token, a password or credentials, wherever it stands. */
export const hasSecretLooks = (value: string): boolean => findSecrets(value).length > 0;
