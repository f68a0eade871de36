import type { HarpoonTemplate, HarpoonParameter } from '../../shared/profile.ts';
import { canonicalHeader, isBlockedInTemplates, isCredentialHeader, isHeaderName, isHeaderText } from './headers.ts';
import { compilePattern } from './pattern.ts';

const limits = {
  parameters: 16,
  valueBytes: 256,
  urlBytes: 4096,
  queryKeys: 32,
  values: 64,
  patternBytes: 512,
  headers: 32,
  headerBytes: 8192,
} as const;

const nameInTemplate = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const identifier = /^[A-Za-z0-9_.~-]+$/;

/** What a path segment, a query key and an argument may be: unreserved characters (RFC 3986, 2.3), and no step in a path. */
const isIdentifier = (value: string): boolean => identifier.test(value) && value !== '.' && value !== '..';

/** A mistake in a template, with the field that it is in. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly field: readonly string[];

  constructor(field: readonly string[], problem: string) {
    super(problem);
    this.field = field;
  }
}

interface Part {
  readonly literal?: string;
  readonly parameter?: string;
}

interface Parameter {
  readonly config: HarpoonParameter;
  readonly minLength: number;
  readonly matches: ((value: string) => boolean) | undefined;
  readonly reserved: ReadonlySet<string>;
}

/**
 * A compiled target template (`template.version: 1`): one operation on a fixed HTTPS origin, whose path segments and query
 * values are fixed or checked arguments. Nothing a caller sends becomes part of an address before it was checked.
 */
export class Template {
  readonly config: HarpoonTemplate;
  readonly origin: URL;
  readonly #path: readonly Part[];
  readonly #query: readonly (readonly [string, Part])[];
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #allowedHeaders: ReadonlySet<string>;

  /** Throws `TemplateError`. */
  constructor(config: HarpoonTemplate) {
    this.config = config;
    this.origin = originOf(config.origin);
    const names = Object.keys(config.parameters);
    if (names.length < 1 || names.length > limits.parameters)
      throw new TemplateError(['parameters'], `1 to ${limits.parameters} parameters are declared`);
    this.#parameters = new Map(names.map((name) => [name, parameterOf(name, config.parameters[name])]));
    const used = new Set<string>();
    this.#path = this.#compilePath(config.pathTemplate, used);
    this.#query = this.#compileQuery(config.query, used);
    const unused = names.find((name) => !used.has(name));
    if (unused !== undefined)
      throw new TemplateError(['parameters', unused], 'it is used neither in the path nor in the query');
    this.#allowedHeaders = checkHeaders(config);
    const longest = Object.fromEntries(
      names.map((name) => [name, 'x'.repeat(config.parameters[name]?.maxLength ?? 0)]),
    );
    if (this.#address(longest).length > limits.urlBytes)
      throw new TemplateError(
        ['path_template'],
        `with the longest arguments the address exceeds ${limits.urlBytes} bytes`,
      );
  }

  get parameterNames(): readonly string[] {
    return [...this.#parameters.keys()];
  }

  get allowedHeaders(): readonly string[] {
    return [...this.#allowedHeaders];
  }

  /** The address of a call. Throws `Error` that says which argument is wrong, without its value. */
  render(given: Readonly<Record<string, unknown>>): URL {
    const names = Object.keys(given);
    if (names.length !== this.#parameters.size || !names.every((name) => this.#parameters.has(name)))
      throw new Error('template parameter keys must match the declared schema');
    const values: Record<string, string> = {};
    for (const [name, parameter] of this.#parameters) {
      const value = given[name];
      if (typeof value !== 'string') throw new Error(`parameter ${name} must be a string`);
      const problem = problemWith(parameter, value);
      if (problem !== undefined) throw new Error(`parameter ${name}: ${problem}`);
      values[name] = value;
    }
    const address = this.#address(values);
    if (address.length > limits.urlBytes) throw new Error('rendered URL exceeds size limit');
    return new URL(address);
  }

  /** What a caller's headers become. Throws `Error` for one that is not allowed, or that HTTP does not allow. */
  callerHeaders(given: Readonly<Record<string, string>>): Map<string, string> {
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries(given)) {
      const canonical = canonicalHeader(name);
      if (!this.#allowedHeaders.has(canonical)) throw new Error('header is not allowed by the template');
      if (headers.has(canonical)) throw new Error('duplicate header name');
      if (!isHeaderText(value) || value.includes('\t')) throw new Error('invalid header value');
      headers.set(canonical, value);
    }
    return headers;
  }

  /** JSON Schema of the arguments: what callers see of the template. */
  schema(): Record<string, unknown> {
    const properties = Object.fromEntries(
      [...this.#parameters].map(([name, { config, minLength }]) => [name, schemaOf(config, minLength)]),
    );
    return {
      type: 'object',
      properties,
      required: [...this.#parameters.keys()].toSorted(),
      additionalProperties: false,
    };
  }

  #compilePath(path: string, used: Set<string>): readonly Part[] {
    const field = ['path_template'];
    if (!path.startsWith('/') || path.length > limits.urlBytes)
      throw new TemplateError(field, 'it must be an absolute path');
    if (path === '/') return [];
    return path
      .slice(1)
      .split('/')
      .map((segment) => {
        const part = this.#part(segment, field, used);
        if (part.literal !== undefined && !isIdentifier(part.literal))
          throw new TemplateError(field, `the segment "${segment}" is not allowed`);
        return part;
      });
  }

  #compileQuery(query: Readonly<Record<string, string>>, used: Set<string>): readonly (readonly [string, Part])[] {
    const keys = Object.keys(query);
    if (keys.length > limits.queryKeys)
      throw new TemplateError(['query'], `at most ${limits.queryKeys} keys are allowed`);
    return keys.toSorted().map((key) => {
      const field = ['query', key];
      if (key.length > 64 || !isIdentifier(key)) throw new TemplateError(field, 'the key is not allowed');
      const value = query[key] ?? '';
      const part = this.#part(value, field, used);
      if (part.literal !== undefined && (Buffer.byteLength(value) > limits.valueBytes || hasControl(value)))
        throw new TemplateError(
          field,
          `a fixed value is at most ${limits.valueBytes} bytes without control characters`,
        );
      return [key, part] as const;
    });
  }

  #part(text: string, field: readonly string[], used: Set<string>): Part {
    if (!text.includes('{') && !text.includes('}')) return { literal: text };
    const name = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : '';
    if (!nameInTemplate.test(name))
      throw new TemplateError(field, 'a placeholder fills a whole segment or value: {name}');
    if (!this.#parameters.has(name)) throw new TemplateError(field, `the parameter ${name} is not declared`);
    used.add(name);
    return { parameter: name };
  }

  #address(values: Readonly<Record<string, string>>): string {
    const text = (part: Part): string => encodeURIComponent(part.literal ?? values[part.parameter ?? ''] ?? '');
    const path = this.#path.map(text).join('/');
    const query = this.#query.map(([key, part]) => `${encodeURIComponent(key)}=${queryText(text(part))}`).join('&');
    return `${this.origin.origin}/${path}${query === '' ? '' : `?${query}`}`;
  }
}

/** In a query a blank is a plus sign, as in forms, and what encodeURIComponent leaves is encoded too. */
const queryText = (encoded: string): string =>
  encoded
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

// eslint-disable-next-line no-control-regex -- these are what is looked for
const hasControl = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text);

function originOf(text: string): URL {
  const field = ['origin'];
  if (/[{}\\%#\s]/.test(text) || text.length > limits.urlBytes || !URL.canParse(text))
    throw new TemplateError(field, 'it is not an HTTPS origin');
  const url = new URL(text);
  const bare = text.endsWith('/') ? text.slice(0, -1) : text;
  const isBare = bare.slice('https://'.length).search(/[/?]/) < 0;
  if (url.protocol !== 'https:' || !/^https:\/\//.test(text) || !isBare || url.username !== '' || url.password !== '')
    throw new TemplateError(field, 'it holds only https://, a host and maybe a port');
  if (url.hostname === '' || bare.endsWith(':') || url.port === '0')
    throw new TemplateError(field, 'its port is not allowed');
  return url;
}

function parameterOf(name: string, config: HarpoonParameter | undefined): Parameter {
  const field = ['parameters', name];
  if (!nameInTemplate.test(name)) throw new TemplateError(field, 'the name is not allowed');
  if (config === undefined || config.type !== 'string' || !config.required)
    throw new TemplateError(field, 'only required parameters of the type string are supported');
  const minLength = config.minLength ?? 1;
  const { maxLength, pattern, enum: values = [], reservedValues = [] } = config;
  if (maxLength === undefined || minLength < 1 || maxLength < minLength || maxLength > limits.valueBytes)
    throw new TemplateError(field, `max_length is required, 1 to ${limits.valueBytes} and not below min_length`);
  if (pattern === undefined && values.length === 0) throw new TemplateError(field, 'a pattern or an enum is required');
  if (
    (pattern?.length ?? 0) > limits.patternBytes ||
    values.length > limits.values ||
    reservedValues.length > limits.values
  )
    throw new TemplateError(field, 'pattern, enum or reserved_values are too long');
  const reserved = new Set(reservedValues.map((value) => value.toLowerCase()));
  if (reserved.size !== reservedValues.length || !reservedValues.every(isIdentifier))
    throw new TemplateError([...field, 'reserved_values'], 'they are identifiers, and none stands twice');
  let matches: Parameter['matches'];
  if (pattern !== undefined) {
    try {
      matches = compilePattern(pattern);
    } catch (error) {
      throw new TemplateError([...field, 'pattern'], error instanceof Error ? error.message : 'it cannot be used');
    }
  }
  const parameter: Parameter = { config: { ...config, enum: [] }, minLength, matches, reserved };
  if (new Set(values).size !== values.length || values.some((value) => problemWith(parameter, value) !== undefined))
    throw new TemplateError(
      [...field, 'enum'],
      'each value must satisfy the rest of the parameter, and none stands twice',
    );
  return { ...parameter, config };
}

function problemWith({ config, minLength, matches, reserved }: Parameter, value: string): string | undefined {
  if (value.length < minLength || value.length > (config.maxLength ?? 0))
    return 'identifier length is outside its bounds';
  if (!isIdentifier(value)) return 'identifier contains forbidden characters or path segments';
  if (reserved.has(value.toLowerCase())) return 'identifier is reserved';
  if (matches && !matches(value)) return 'identifier does not match its pattern';
  const { enum: values = [] } = config;
  return values.length > 0 && !values.includes(value) ? 'identifier is outside its enum' : undefined;
}

/** The canonical names that callers may set. */
function checkHeaders({ headers, allowedHeaders }: HarpoonTemplate): ReadonlySet<string> {
  const fixed = new Set<string>();
  const allowed = new Set<string>();
  const check = (name: string, field: readonly string[], taken: readonly ReadonlySet<string>[]): string => {
    if (!isHeaderName(name) || name.length > 128 || isBlockedInTemplates(name))
      throw new TemplateError(field, 'this header may not be set');
    const canonical = canonicalHeader(name);
    if (taken.some((set) => set.has(canonical))) throw new TemplateError(field, 'this header stands twice');
    return canonical;
  };
  if (Object.keys(headers).length + allowedHeaders.length > limits.headers)
    throw new TemplateError(['headers'], `at most ${limits.headers} headers are allowed`);
  for (const name of Object.keys(headers)) fixed.add(check(name, ['headers', name], [fixed]));
  for (const name of allowedHeaders) {
    const field = ['allowed_headers', name];
    const canonical = check(name, field, [fixed, allowed]);
    if (isCredentialHeader(name))
      throw new TemplateError(field, 'headers that sign in are set by the operator, not by callers');
    allowed.add(canonical);
  }
  return allowed;
}

function schemaOf({ maxLength, pattern, enum: values = [], reservedValues = [] }: HarpoonParameter, minLength: number) {
  return {
    type: 'string',
    minLength,
    maxLength,
    allOf: [{ not: { pattern: '[^A-Za-z0-9_.~-]' } }, { not: { enum: ['.', '..'] } }],
    ...(pattern !== undefined && { pattern: `^(?:${pattern})$` }),
    ...(values.length > 0 && { enum: values }),
    ...(reservedValues.length > 0 && { not: { pattern: `^(?:${reservedValues.map(anyCase).join('|')})$` } }),
  };
}

/** An expression that matches an identifier in any case. */
const anyCase = (value: string): string =>
  Array.from(value.toLowerCase())
    .map((character) =>
      /[a-z]/.test(character)
        ? `[${character}${character.toUpperCase()}]`
        : /[.]/.test(character)
          ? `\\${character}`
          : character,
    )
    .join('');

/** The largest sum of names and values of the headers that go out, in bytes. */
export const maxHeaderBytes = limits.headerBytes;
