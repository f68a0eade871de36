const mask = '***';

/** Shorter values are words that stand in many a log line: masking them would hide the log and protect nothing. */
const shortestSecret = 6;

/** Values that look like a secret wherever they stand. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // OpenAI, Anthropic, Stripe; GitHub; Slack; GitLab; AWS; Google; npm; Hugging Face.
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9][A-Za-z0-9_-]{14,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bglpat-[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bhf_[A-Za-z0-9]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  // A JSON web token.
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
];

/** Where a secret is, which is not the secret. */
const reference = String.raw`(?!env:[A-Za-z_]\w*(?![^\s"',;&])|file:/|keychain:)`;
const names = String.raw`(?:api[-_]?key|secret|token(?!s)|passw(?:or)?d|passphrase|private[-_]?key|access[-_]?key|cookie|authorization)[\w-]*`;

/** Values that are secret because of what stands before them; the first group stays. */
const named: readonly RegExp[] = [
  /\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
  // What an address says who asks with: `?key=…`, `&sig=…`.
  new RegExp(
    String.raw`([?&](?:[\w.~-]*(?:key|token|secret|passw(?:or)?d|passphrase|pwd|auth|authorization|sig|signature|credentials?|jwt|session(?:[_-]?id)?)|code)=)${reference}[^&#\s"'<>\\]+`,
    'gi',
  ),
  // Quoted values may hold spaces; an escaped quote does not end one.
  new RegExp(String.raw`(${names}["']?\s*[:=]\s*")(?:[^"\\]|\\.)+(?=")`, 'gi'),
  new RegExp(String.raw`(${names}["']?\s*[:=]\s*')[^']+(?=')`, 'gi'),
  new RegExp(
    String.raw`(${names}["']?\s*[:=]\s*(?:(?:Bearer|Basic)\s+)?)(?!Bearer\b|Basic\b)${reference}[^\s"',;&]{4,}`,
    'gi',
  ),
];

/** Whether a variable's name says that its value is a secret. */
export const isSecretName = (name: string): boolean =>
  /key|secret|token|passw(or)?d|passphrase|credential|auth|cookie/i.test(name);

/** A URL that says who asks, such as `http://user:password@proxy:3128`. */
export const hasPassword = (value: string): boolean => /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i.test(value);

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
    for (const shape of shapes) masked = masked.replace(shape, mask);
    for (const shape of named) masked = masked.replace(shape, `$1${mask}`);
    return masked;
  };
}

const withoutKnown = redactor();

/** Whether something in it reads like a key, a token, a password or credentials, wherever it stands. */
export const hasSecretLooks = (value: string): boolean => withoutKnown(value) !== value;
