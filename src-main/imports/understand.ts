import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import type { EnvEntry } from '../../shared/draft.ts';
import type { Dropped } from '../../shared/import-words.ts';
import { joinCommand } from '../process/command-line.ts';
import { hasSecretLooks, isSecretName } from '../detect/redact.ts';
import { isReference } from '../settings/rules.ts';
import type { RawEntry } from './entries.ts';
import { expand, type ExpandContext } from './expand.ts';
import { droppedSettings } from './dropped-settings.ts';

/** A server as Culvert would run it. `values` holds what is secret of `env` and `headers`, by name; it never leaves main. */
export interface Understood {
  readonly server:
    | { readonly kind: 'stdio'; readonly command: string; readonly cwd?: string; readonly env: readonly EnvEntry[] }
    | {
        readonly kind: 'http';
        readonly url: string;
        readonly unixSocket?: string;
        readonly headers: readonly EnvEntry[];
      };
  readonly values: ReadonlyMap<string, string>;
  /** What could not be carried over; never a value. */
  readonly dropped: readonly Dropped[];
  /** Switched off in its client. */
  readonly disabled: boolean;
  /** Its transport cannot be spoken. */
  readonly unusable: boolean;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), scalar.nullable());
/** The settings that are carried over, each in the only form that its client reads. */
const carried = {
  type: z.string(),
  transport: z.string(),
  command: z.union([z.string(), z.array(z.string())]),
  args: z.array(scalar),
  env: texts,
  envFile: z.string(),
  cwd: z.string(),
  url: z.string(),
  serverUrl: z.string(),
  headers: texts,
  http_headers: texts,
  env_http_headers: texts,
  bearer_token_env_var: z.string(),
  disabled: z.boolean(),
  enabled: z.boolean(),
};
const maybe = <T extends z.ZodType>(form: T) => form.optional().catch(undefined);
const kept = z.record(z.string(), scalar.nullable().catch(null)).catch({}).default({});
const entrySchema = z.looseObject({
  type: maybe(z.string()),
  transport: maybe(z.string()),
  command: maybe(carried.command),
  args: carried.args.catch([]).default([]),
  env: kept,
  envFile: maybe(z.string()),
  cwd: maybe(z.string()),
  url: maybe(z.string()),
  serverUrl: maybe(z.string()),
  headers: kept,
  http_headers: kept,
  env_http_headers: kept,
  bearer_token_env_var: maybe(z.string()),
  disabled: maybe(z.boolean()),
  enabled: maybe(z.boolean()),
});
type Entry = z.output<typeof entrySchema>;

/** Makes entries of variables or headers: references stay references, secrets go to `values`. */
class Values {
  readonly values = new Map<string, string>();
  readonly dropped: Dropped[];
  readonly #context: ExpandContext;

  constructor(context: ExpandContext, dropped: Dropped[]) {
    this.#context = context;
    this.dropped = dropped;
  }

  entry(name: string, written: string, context = this.#context): EnvEntry {
    const { text, reference, fromEnvironment, unknown } = expand(written, context, true);
    if (reference !== undefined) return { name, kind: 'reference', value: reference };
    if (unknown.length > 0) {
      this.dropped.push({ code: 'value', name, detail: unknown.map((each) => asked(each, context)).join(', ') });
      return { name, kind: 'secret', value: '' };
    }
    // what reads like a reference of ours, such as a database at `file:./dev.db`, is kept where nothing reads it as one
    const secret = fromEnvironment || isSecretName(name) || hasSecretLooks(text) || isReference(text);
    if (!secret || text === '') return { name, kind: 'plain', value: text };
    this.values.set(name, text);
    return { name, kind: 'secret', value: '' };
  }
}

/** A placeholder as its client asks for it: VS Code has a sentence for each of its inputs. */
function asked(placeholder: string, { inputs }: ExpandContext): string {
  const [, id = ''] = /^\$\{input:(.+)\}$/.exec(placeholder) ?? [];
  const description = inputs?.get(id)?.description;
  return description === undefined ? placeholder : `${placeholder} (“${description}”)`;
}

async function variablesOf(file: string, dropped: Dropped[]): Promise<Record<string, string>> {
  try {
    return parseEnv(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    dropped.push({ code: 'env-file', name: file });
    return {};
  }
}

/** What a client's entry means here; `undefined` when it names neither a command nor a URL. */
export async function understand(raw: RawEntry, general: ExpandContext): Promise<Understood | undefined> {
  const entry = entrySchema.parse(raw.value);
  const { folder, inputs } = raw;
  const context = {
    ...general,
    ...(folder === undefined ? {} : { folder }),
    ...(inputs ? { inputs } : {}),
  };
  const dropped = droppedSettings(Object.keys(raw.value), Object.keys(carried));
  for (const [name, form] of Object.entries(carried)) {
    const value = raw.value[name] ?? undefined;
    if (value !== undefined && !form.safeParse(value).success) dropped.push({ code: 'malformed', name });
  }
  const values = new Values(context, dropped);
  const isCommand = entry.command !== undefined && entry.command.length > 0;
  const server = isCommand ? await command(entry, context, values) : address(entry, context, values);
  if (!server) return undefined;
  return {
    server,
    values: values.values,
    dropped,
    disabled: raw.disabled === true || entry.disabled === true || entry.enabled === false,
    unusable: dropped.some(({ code }) => code === 'transport'),
  };
}

/** A text that is no secret, in which what has no value here stays as it is written. */
function plain(written: string, where: string, context: ExpandContext, dropped: Dropped[]): string {
  const { text, unknown } = expand(written, context, false);
  for (const name of unknown) dropped.push({ code: 'placeholder', name: asked(name, context), detail: where });
  return text;
}

async function command(entry: Entry, context: ExpandContext, values: Values): Promise<Understood['server']> {
  const { dropped } = values;
  const text = (written: string, where = 'its command') => plain(written, where, context, dropped);
  const [program = '', ...first] = typeof entry.command === 'string' ? [entry.command] : (entry.command ?? []);
  const words = [program, ...first, ...entry.args].map((word) => text(word));
  if (
    words.some(hasSecretLooks) ||
    words.slice(1).some((word) => word.startsWith('-') && /key|token|secret|password/i.test(word))
  ) {
    dropped.push({ code: 'secret-argument', name: 'args' });
  }
  const written = entry.cwd === undefined ? undefined : text(entry.cwd, 'its folder');
  const inFolder = (path: string) =>
    isAbsolute(path) || context.folder === undefined ? path : join(context.folder, path);
  const fromFile =
    entry.envFile === undefined ? {} : await variablesOf(inFolder(text(entry.envFile, 'envFile')), dropped);
  const env = Object.entries({ ...fromFile, ...entry.env }).flatMap(([name, value]) =>
    value === null ? [] : [values.entry(name, value)],
  );
  const cwd = written === undefined ? context.folder : inFolder(written);
  return { kind: 'stdio', command: joinCommand(words, context.platform), env, ...(cwd === undefined ? {} : { cwd }) };
}

function address(entry: Entry, context: ExpandContext, values: Values): Understood['server'] | undefined {
  const { dropped } = values;
  const written = entry.url ?? entry.serverUrl;
  if (written === undefined || written === '') return undefined;
  const url = plain(written, 'its address', context, dropped);
  const type = (entry.type ?? entry.transport ?? '').toLowerCase();
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(url) ?? [];
  if (/^ws/i.test(type) || /^(wss?|pipe)$/i.test(scheme)) {
    dropped.push({ code: 'transport', name: /^ws/i.test(type) ? 'WebSocket' : `${scheme}:` });
  } else if (type === 'sse' || /\/sse\/?$/.test(url)) dropped.push({ code: 'sse', name: 'sse' });
  // Codex names variables without `${}`, and knows no other way to refer to one
  const named = { ...context, expands: true };
  const headers = new Map<string, EnvEntry>();
  for (const [name, value] of Object.entries({ ...entry.headers, ...entry.http_headers })) {
    if (value !== null) headers.set(name.toLowerCase(), values.entry(name, value));
  }
  for (const [name, from] of Object.entries(entry.env_http_headers)) {
    headers.set(name.toLowerCase(), values.entry(name, `\${env:${from ?? ''}}`, named));
  }
  if (entry.bearer_token_env_var !== undefined) {
    headers.set('authorization', values.entry('Authorization', `Bearer \${env:${entry.bearer_token_env_var}}`, named));
  }
  const list = [...headers.values()];
  if (scheme.toLowerCase() !== 'unix') return { kind: 'http', url, headers: list };
  // as VS Code writes it: the socket is the path, and what is asked for there the fragment
  const [socket = '', path = '/'] = url.replace(/^unix:(\/\/)?/i, '').split(/#(.*)/s);
  return { kind: 'http', url: `http://localhost${path}`, unixSocket: socket, headers: list };
}
