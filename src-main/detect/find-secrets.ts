import type { Span } from '../json/span.ts';
import { isSecretField, isSecretParameter } from './secret-names.ts';

/**
 * Where a secret may begin. Every alternative has a fixed length, so finding them is linear in the text; what follows is
 * read by hand, and each character is read a bounded number of times.
 */
const triggers =
  /-----BEGIN |[spr]k[-_]|gh[pousr]_|github_pat_|xox[abeoprs]-|glpat-|npm_|hf_|AKIA|ASIA|AIza|eyJ|Bearer\s|Basic\s|:\/\/|[:=]|%3[AD]/gi;

/** The longest name that is looked at before `=` or `:`. */
const longestName = 64;

type Test = (code: number) => boolean;

const isDigit: Test = (code) => code >= 0x30 && code <= 0x39;
const isUpper: Test = (code) => code >= 0x41 && code <= 0x5a;
const isLetterOrDigit: Test = (code) => isDigit(code) || isUpper(code) || (code >= 0x61 && code <= 0x7a);
const isWord: Test = (code) => isLetterOrDigit(code) || code === 0x5f;
const isWordOrDash: Test = (code) => isWord(code) || code === 0x2d;
const isUpperOrDigit: Test = (code) => isDigit(code) || isUpper(code);
const isNameCharacter: Test = (code) => isWordOrDash(code) || code === 0x2e || code === 0x7e;
const isSpace: Test = (code) => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
/** What RFC 6750 and RFC 7617 allow in the credentials of a header. */
const isCredential: Test = (code) => isLetterOrDigit(code) || [0x2d, 0x2e, 0x5f, 0x7e, 0x2b, 0x2f, 0x3d].includes(code);

/** Tokens that are told by how they begin: what may follow, and the least of it. */
const prefixes: Readonly<Record<string, readonly [Test, number]>> = {
  sk: [isWordOrDash, 15],
  gh: [isLetterOrDigit, 20],
  github: [isWord, 20],
  xox: [isLetterOrDigit, 10],
  glpat: [isWordOrDash, 16],
  npm: [isLetterOrDigit, 30],
  hf: [isLetterOrDigit, 20],
  AKIA: [isUpperOrDigit, 16],
  AIza: [isWordOrDash, 30],
};

const isDashOrLetterOrDigit: Test = (code) => isLetterOrDigit(code) || code === 0x2d;

/** Where a secret is, which is not the secret: `env:NAME`, `file:/path`, `keychain:…`. */
const reference = /^(?:env:[A-Za-z_]\w{0,200}(?:[\s"',;&]|$)|file:\/|keychain:)/;

/**
 * Finds what reads like a key, a token, a password or credentials in a URL, wherever it stands. Returns the ranges (in
 * characters, ascending, apart) of the secrets themselves, without what names them. Linear in the length of `text`.
 */
export function findSecrets(text: string): Span[] {
  const found: Span[] = [];
  const scan = new Scan(text);
  let from = 0;
  triggers.lastIndex = 0;
  for (let match = triggers.exec(text); match; match = triggers.exec(text)) {
    const span = scan.at(match.index, match[0], from);
    if (!span || span.start >= span.end) continue;
    found.push(span);
    from = span.end;
    triggers.lastIndex = span.end;
  }
  return found;
}

/** `text` with each of `spans` (ascending, apart) replaced by `mask`. */
export function maskSpans(text: string, spans: readonly Span[], mask: string): string {
  let masked = '';
  let from = 0;
  for (const { start, end } of spans) {
    masked += text.slice(from, start) + mask;
    from = end;
  }
  return masked + text.slice(from);
}

class Scan {
  readonly #text: string;
  /** A run of token characters that has been read: the next `eyJ` in it need not read it again. */
  #runFrom = 0;
  #runTo = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret that begins with, or after, the trigger at `start`; nothing before `from` is looked at. */
  at(start: number, trigger: string, from: number): Span | undefined {
    switch (trigger) {
      case '://':
        return this.#userInfo(start + 3);
      case ':':
      case '=':
        return this.#assigned(start, start + 1, from);
      case 'eyJ':
        return this.#jwt(start);
      case '-----BEGIN ':
        return this.#privateKey(start, start + trigger.length);
    }
    if (/^(?:Bearer|Basic)\s$/i.test(trigger)) return this.#credentials(start, start + trigger.length);
    if (trigger.startsWith('%')) return this.#assigned(start, start + 3, from);
    return this.#token(start, trigger);
  }

  #code(at: number): number {
    return this.#text.charCodeAt(at);
  }

  #startsWord(at: number): boolean {
    return at === 0 || !isWord(this.#code(at - 1));
  }

  /** Index after the run of such characters that begins at `at`. */
  #run(at: number, test: Test): number {
    let index = at;
    while (index < this.#text.length && test(this.#code(index))) index++;
    return index;
  }

  #token(start: number, trigger: string): Span | undefined {
    if (!this.#startsWord(start)) return undefined;
    const kind = /^[spr]k[-_]$/.test(trigger)
      ? 'sk'
      : /^gh[pousr]_$/.test(trigger)
        ? 'gh'
        : trigger === 'ASIA'
          ? 'AKIA'
          : trigger.replace(/[_-]$|_pat_$/, '').replace(/^xox.$/, 'xox');
    const [test, least] = prefixes[kind] ?? [isWord, Infinity];
    const after = start + trigger.length;
    if (kind === 'sk' && !isLetterOrDigit(this.#code(after))) return undefined;
    const end = this.#run(after, kind === 'xox' ? isDashOrLetterOrDigit : test);
    return end - after >= least ? { start, end } : undefined;
  }

  /** A JSON web token: two parts at least, the first of which is an object. */
  #jwt(start: number): Span | undefined {
    if (!this.#startsWord(start)) return undefined;
    if (start < this.#runFrom || start >= this.#runTo) {
      this.#runFrom = start;
      this.#runTo = this.#run(start, isWordOrDash);
    }
    const first = this.#runTo;
    if (first - start < 11 || this.#text[first] !== '.') return undefined;
    const second = this.#run(first + 1, isWordOrDash);
    if (second - first < 9) return undefined;
    return { start, end: this.#text[second] === '.' ? this.#run(second + 1, isWordOrDash) : second };
  }

  #privateKey(start: number, after: number): Span | undefined {
    const text = this.#text;
    if (!/^[A-Z ]*PRIVATE KEY-----/.test(text.slice(after, after + 64))) return undefined;
    const last = text.indexOf('-----END ', after);
    if (last < 0) return { start, end: text.length };
    const close = text.indexOf('-----', last + 9);
    return { start, end: close < 0 ? text.length : close + 5 };
  }

  /** What follows `Bearer` or `Basic`. */
  #credentials(start: number, after: number): Span | undefined {
    if (!this.#startsWord(start)) return undefined;
    const begin = this.#run(after, isSpace);
    const end = this.#run(begin, isCredential);
    return end - begin >= 8 ? { start: begin, end } : undefined;
  }

  /** The password of `scheme://user:password@host`. */
  #userInfo(after: number): Span | undefined {
    let colon = -1;
    let at = -1;
    for (let index = after; index < this.#text.length; index++) {
      const code = this.#code(index);
      if (code === 0x2f || code === 0x3f || code === 0x23 || code === 0x22 || code === 0x3c || isSpace(code)) break;
      if (code === 0x3a && colon < 0) colon = index;
      if (code === 0x40) at = index;
    }
    return colon >= 0 && colon < at ? { start: colon + 1, end: at } : undefined;
  }

  /** What a secret's name is set to; `sign` is where `=` or `:` begins, `after` where it ends. */
  #assigned(sign: number, after: number, from: number): Span | undefined {
    const name = this.#nameBefore(sign, from);
    if (name === undefined) return undefined;
    const before = this.#text[name.start - 1];
    if ((before === '?' || before === '&') && this.#text[sign] === '=' && isSecretParameter(name.text))
      return this.#parameter(after);
    return isSecretField(name.text) ? this.#value(after) : undefined;
  }

  /** The name that ends at `end`, maybe in quotes that are themselves escaped, maybe with blanks between. */
  #nameBefore(end: number, from: number): { readonly start: number; readonly text: string } | undefined {
    const lowest = Math.max(from, end - longestName - 16);
    let last = end;
    while (last > lowest && isSpace(this.#code(last - 1))) last--;
    if (last > lowest && (this.#text[last - 1] === '"' || this.#text[last - 1] === "'")) last--;
    while (last > lowest && this.#text[last - 1] === '\\') last--;
    let first = last;
    while (first > lowest && isNameCharacter(this.#code(first - 1))) first--;
    return last - first < 3 ? undefined : { start: first, text: this.#text.slice(first, last) };
  }

  #parameter(start: number): Span | undefined {
    if (reference.test(this.#text.slice(start, start + 220))) return undefined;
    const ends: Test = (code) =>
      code === 0x26 ||
      code === 0x23 ||
      code === 0x22 ||
      code === 0x27 ||
      code === 0x3c ||
      code === 0x3e ||
      code === 0x5c;
    return { start, end: this.#run(start, (code) => !ends(code) && !isSpace(code)) };
  }

  #value(after: number): Span | undefined {
    const text = this.#text;
    let start = this.#run(after, isSpace);
    let escapes = 0;
    while (text[start + escapes] === '\\') escapes++;
    const quote = text[start + escapes];
    if (quote === '"' || quote === "'") {
      start += escapes + 1;
      return { start, end: this.#quoted(start, quote, escapes) };
    }
    const scheme = /^(?:Bearer|Basic)\s/i.exec(text.slice(start, start + 7));
    if (scheme) start = this.#run(start + scheme[0].length, isSpace);
    if (reference.test(text.slice(start, start + 220))) return undefined;
    const end = this.#run(start, (code) => !isSpace(code) && ![0x22, 0x27, 0x2c, 0x3b, 0x26].includes(code));
    return end - start >= 4 ? { start, end } : undefined;
  }

  /** Index of the quote that ends a value, with the escapes before it; the end of the text where it was cut. */
  #quoted(start: number, quote: string, escapes: number): number {
    const text = this.#text;
    for (let at = text.indexOf(quote, start); at >= 0; at = text.indexOf(quote, at + 1)) {
      let before = 0;
      while (at - before > start && text[at - before - 1] === '\\') before++;
      if (before <= escapes) return at - before;
    }
    return text.length;
  }
}
