import { invalid, type PlaceOf } from './check.ts';
import type { Path, RawMap } from './raw-tree.ts';
import { nearest } from '../base/nearest.ts';
import { trimmedOf } from '../../shared/trim.ts';

/**
 * The one-line forms that flags and variables have for what a profile writes as a list: `channel=…,url=…` and the
 * like. The reference's grammar: a bare value belongs to the channel `main`.
 */
interface Grammar {
  readonly what: string;
  /** Key of the line → key in the file. */
  readonly keys: Readonly<Record<string, string>>;
  readonly required: readonly string[];
}

const serverGrammar: Grammar = {
  what: 'server',
  keys: {
    channel: 'channel',
    url: 'url',
    'unix-socket': 'unix_socket',
    'http-proxy': 'http_proxy',
    'client-cert': 'client_cert',
    'client-key': 'client_key',
  },
  required: ['url'],
};

const targetGrammar: Grammar = {
  what: 'target',
  keys: { label: 'label', url: 'url', 'unix-socket': 'unix_socket', desc: 'description' },
  required: ['label', 'url'],
};

const qualified = /^(?:url|command|channel|unix-socket|http-proxy|client-cert|client-key)=/i;

function pairs(line: string, grammar: Grammar, path: Path, placeOf: PlaceOf, clean: (value: string) => string): RawMap {
  const allowed = Object.keys(grammar.keys)
    .map((key) => `${key}=`)
    .join(', ');
  const result: Record<string, string> = {};
  for (const part of line.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) throw invalid(placeOf, path, `\`${part}\` is not a key=value pair`, { allowed });
    const key = part.slice(0, equals).trim().toLowerCase();
    const value = clean(part.slice(equals + 1).trim());
    const name = grammar.keys[key];
    if (name === undefined) {
      const meant = nearest(key, Object.keys(grammar.keys));
      throw invalid(placeOf, path, `a ${grammar.what} has no \`${key}\``, {
        allowed,
        ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
      });
    }
    if (value === '') throw invalid(placeOf, path, `\`${key}\` is empty`);
    result[name] = value;
  }
  for (const key of grammar.required) {
    if (result[key] === undefined) throw invalid(placeOf, path, `the ${grammar.what} has no ${key}=`, { allowed });
  }
  return result;
}

/** `URL`, or `channel=…,url=…,…`. */
export function serverEntry(line: string, path: Path, placeOf: PlaceOf): RawMap {
  if (line.trim() === '') throw invalid(placeOf, path, 'it is empty');
  return qualified.test(line.trim())
    ? pairs(line, serverGrammar, path, placeOf, (value) => value)
    : { url: line.trim() };
}

/** `label=…,url=…,desc=…`; values may be quoted. */
export const targetEntry = (line: string, path: Path, placeOf: PlaceOf): RawMap =>
  pairs(line, targetGrammar, path, placeOf, (value) => trimmedOf(value, `"'`));

/** A command line, `channel=NAME,command=…` (everything after is the command, commas included) or `command=…,channel=NAME`. */
export function commandEntry(line: string, path: Path, placeOf: PlaceOf): RawMap {
  const text = line.trim();
  if (text === '') throw invalid(placeOf, path, 'the command is empty');
  if (!qualified.test(text)) return { command: text };
  const allowed = 'COMMAND, or channel=NAME,command=COMMAND';
  let channel: string | undefined;
  let command: string;
  const first = /^channel=([^,]*),\s*command=(.*)$/is.exec(text);
  if (first) [, channel = '', command = ''] = first;
  else {
    const [, rest] = /^command=(.*)$/is.exec(text) ?? [];
    if (rest === undefined) throw invalid(placeOf, path, 'it names no command', { allowed });
    const last = rest.lastIndexOf(',channel=');
    command = last < 0 ? rest : rest.slice(0, last);
    if (last >= 0) channel = rest.slice(last + ',channel='.length);
  }
  if (command.trim() === '') throw invalid(placeOf, path, 'the command is empty', { allowed });
  const [, foreign] = /,(http-proxy|url|unix-socket|client-cert|client-key)=/i.exec(command) ?? [];
  if (foreign !== undefined) throw invalid(placeOf, path, `a command has no \`${foreign}\``, { allowed });
  return {
    ...(channel === undefined || channel.trim() === '' ? {} : { channel: channel.trim() }),
    command: command.trim(),
  };
}
