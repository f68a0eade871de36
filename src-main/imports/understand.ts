import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import type { EnvEntry } from '../../shared/draft.ts';
import { joinCommand } from '../mcp/stdio/command-line.ts';
import { isSecretName, redactor } from '../observe/redact.ts';
import { isReference } from '../profiles/profile-rules.ts';
import type { RawEntry } from './entries.ts';
import { expand, type ExpandContext } from './expand.ts';

/** A server as Culvert would run it. `values` holds what is secret of `env` and `headers`, by name; it never leaves main. */
export interface Understood {
  readonly server:
    | { readonly kind: 'stdio'; readonly command: string; readonly cwd?: string; readonly env: readonly EnvEntry[] }
    | { readonly kind: 'http'; readonly url: string; readonly headers: readonly EnvEntry[] };
  readonly values: ReadonlyMap<string, string>;
  /** What could not be carried over, for people; never a value. */
  readonly dropped: readonly string[];
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), scalar.nullable().catch(null)).catch({});
const entrySchema = z.looseObject({
  type: z.string().optional().catch(undefined),
  command: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
  args: z.array(scalar).catch([]).default([]),
  env: texts.default({}),
  envFile: z.string().optional().catch(undefined),
  cwd: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
  serverUrl: z.string().optional().catch(undefined),
  headers: texts.default({}),
  http_headers: texts.default({}),
  env_http_headers: texts.default({}),
  bearer_token_env_var: z.string().optional().catch(undefined),
});

/** Carried, or without a meaning for a tunnel. `env_vars`: a child inherits the environment here. */
const harmless = new Set([
  ...Object.keys(entrySchema.shape),
  ...['transport', 'disabled', 'enabled', 'name', 'description', 'gallery', 'version', 'env_vars', 'required'],
]);

const hasSecretLooks = (value: string): boolean => redactor()(value) !== value;

/** Makes entries of variables or headers: references stay references, secrets go to `values`. */
class Values {
  readonly values = new Map<string, string>();
  readonly dropped: string[];
  readonly #context: ExpandContext;

  constructor(context: ExpandContext, dropped: string[]) {
    this.#context = context;
    this.dropped = dropped;
  }

  entry(name: string, written: string): EnvEntry {
    const { text, reference, fromEnvironment, unknown } = expand(written, this.#context, true);
    if (reference !== undefined) return { name, kind: 'reference', value: reference };
    if (unknown.length > 0) {
      this.dropped.push(`the value of ${name}: ${unknown.join(' ')} has no value here, enter it`);
      return { name, kind: 'secret', value: '' };
    }
    // what reads like a reference of ours, such as a database at `file:./dev.db`, is kept where nothing reads it as one
    const secret = fromEnvironment || isSecretName(name) || hasSecretLooks(text) || isReference(text);
    if (!secret || text === '') return { name, kind: 'plain', value: text };
    this.values.set(name, text);
    return { name, kind: 'secret', value: '' };
  }
}

async function variablesOf(file: string, dropped: string[]): Promise<Record<string, string>> {
  try {
    return parseEnv(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    dropped.push(`the variables of ${file}, which cannot be read`);
    return {};
  }
}

/** What a client's entry means here; `undefined` when it names neither a command nor a URL. */
export async function understand(raw: RawEntry, context: ExpandContext): Promise<Understood | undefined> {
  const entry = entrySchema.parse(raw.value);
  const dropped = Object.keys(raw.value)
    .filter((key) => !harmless.has(key))
    .map((key) => `the setting ${key}`);
  const plain = (written: string): string => {
    const { text, unknown } = expand(written, context, false);
    if (unknown.length > 0) dropped.push(`${unknown.join(' ')}, which has no value here: replace it`);
    return text;
  };
  const values = new Values(context, dropped);
  const url = entry.url ?? entry.serverUrl;

  if (entry.command !== undefined && entry.command.length > 0) {
    const [program = '', ...first] = typeof entry.command === 'string' ? [entry.command] : entry.command;
    const words = [program, ...first, ...entry.args].map(plain);
    if (words.some(hasSecretLooks) || /--?[\w-]*(key|token|secret|password)/i.test(words.slice(1).join(' '))) {
      dropped.push('the secret in its arguments stays readable there: move it to a variable if the server takes one');
    }
    const written = entry.cwd === undefined ? undefined : plain(entry.cwd);
    const cwd = written === undefined || isAbsolute(written) ? written : join(context.folder ?? '', written);
    const fromFile = entry.envFile === undefined ? {} : await variablesOf(plain(entry.envFile), dropped);
    const env = Object.entries({ ...fromFile, ...entry.env }).flatMap(([name, value]) =>
      value === null ? [] : [values.entry(name, value)],
    );
    const folder = cwd ?? context.folder;
    return {
      server: {
        kind: 'stdio',
        command: joinCommand(words, context.platform),
        env,
        ...(folder === undefined ? {} : { cwd: folder }),
      },
      values: values.values,
      dropped,
    };
  }

  if (url === undefined || url === '') return undefined;
  if (entry.type === 'sse' || /\/sse\/?$/.test(url)) {
    dropped.push('the old HTTP+SSE transport: Culvert speaks Streamable HTTP, most servers offer it at /mcp');
  }
  const written = { ...entry.headers, ...entry.http_headers };
  const fromEnvironment = Object.entries(entry.env_http_headers).map(([name, from]) => [name, `\${env:${from ?? ''}}`]);
  const bearer = entry.bearer_token_env_var;
  const all: Readonly<Record<string, string | null>> = {
    ...written,
    ...(Object.fromEntries(fromEnvironment) as Record<string, string>),
    ...(bearer === undefined ? {} : { Authorization: `Bearer \${env:${bearer}}` }),
  };
  const headers = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [values.entry(name, value)]));
  return { server: { kind: 'http', url: plain(url), headers }, values: values.values, dropped };
}
