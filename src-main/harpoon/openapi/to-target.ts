import type { HarpoonParameter, HarpoonTemplate } from '../../../shared/profile.ts';
import { isBlockedInTemplates, isCredentialHeader } from '../headers.ts';
import { Template, TemplateError } from '../template.ts';
import type { Operation, Parameter, ParameterSchema, SecurityScheme } from './document.ts';

/** What came of an operation: a target as a profile has it with what a reader should know of it, or why there is none. */
export type Imported =
  | {
      readonly target: Readonly<Record<string, unknown>> & { readonly label: string };
      /** What `culvert.harpoon_targets` says of it. */
      readonly own?: Readonly<Record<string, unknown>>;
      readonly notes: readonly string[];
    }
  | { readonly refused: readonly string[] };

const longestValue = 256;
const anyIdentifier = '[A-Za-z0-9_.~-]+';
/** Formats whose values are identifiers, and what their values look like. */
const formats: Readonly<Record<string, { readonly pattern: string; readonly maxLength: number }>> = {
  uuid: { pattern: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', maxLength: 36 },
  date: { pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}', maxLength: 10 },
};

/**
 * Makes a Harpoon target of an operation: a template, or an exact address where it takes no arguments.
 * @param server - the address of the service, in place of the description's own
 */
export function toTarget(operation: Operation, server?: string): Imported {
  const refused: string[] = [];
  const notes: string[] = [];
  if (operation.method !== 'GET') refused.push(`it is a ${operation.method}: templates make GET requests only`);
  if (operation.hasUnreadable) refused.push('one of its parameters is described in another document');
  const base = baseOf(server ?? operation.servers[0], refused);
  const parameters: Record<string, HarpoonParameter> = {};
  const query: Record<string, string> = {};
  const allowedHeaders: string[] = [];
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const { name, required = false } = parameter;
    const place = `the ${parameter.in} parameter ${name}`;
    if (parameter.in === 'header') {
      if (isBlockedInTemplates(name) || isCredentialHeader(name)) {
        (required ? refused : notes).push(`${place} may not be set by callers`);
      } else allowedHeaders.push(name);
      continue;
    }
    if (!required && parameter.in !== 'path') {
      notes.push(`${place} is optional and left out: a template has required parameters only`);
      continue;
    }
    if (parameter.in !== 'path' && parameter.in !== 'query') {
      refused.push(`${place} cannot be sent by a template`);
      continue;
    }
    const key = nameOf(name, parameters);
    const made = parameterOf(parameter, place, notes);
    if (typeof made === 'string') {
      refused.push(made);
      continue;
    }
    parameters[key] = made;
    if (parameter.in === 'path') path = path.split(`{${name}}`).join(`{${key}}`);
    else query[name] = `{${key}}`;
  }
  const headers = signIn(operation.security, labelOf(operation.name), refused, notes);
  if (!base || refused.length > 0) return { refused };
  const info = {
    label: labelOf(operation.name),
    ...(operation.summary !== undefined && { description: operation.summary.slice(0, 512) }),
  };
  const pathTemplate = `${base.pathname.replace(/\/$/, '')}${path}`;
  if (Object.keys(parameters).length === 0) {
    if (Object.keys(headers).length > 0)
      return { refused: ['it takes no arguments but signs in, which an exact target cannot'] };
    if (pathTemplate.includes('{')) return { refused: ['its path has a placeholder that no parameter describes'] };
    // callers may POST and PUT to an exact address unless that is said
    return { target: { ...info, url: `${base.origin}${pathTemplate}` }, own: { allowed_methods: ['GET'] }, notes };
  }
  const config: HarpoonTemplate = {
    origin: base.origin,
    method: 'GET',
    pathTemplate,
    query,
    parameters,
    headers,
    allowedHeaders,
  };
  try {
    new Template(config);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { refused: [`${error.field.join('.')}: ${error.message}`] };
  }
  return { target: { ...info, template: shapeOf(config) }, notes };
}

function baseOf(server: string | undefined, refused: string[]): URL | undefined {
  if (server === undefined) refused.push('the description names no server: give --server');
  else if (!URL.canParse(server)) refused.push('its server is no whole address: give --server');
  else if (/[{}]/.test(server)) refused.push('its server has variables: give --server');
  else {
    const url = new URL(server);
    if (url.protocol === 'https:' && url.search === '' && url.username === '') return url;
    refused.push('its server is not a plain https:// address: give --server');
  }
  return undefined;
}

/** Names of parameters are identifiers that begin with a letter; `user-id` becomes `user_id`. */
function nameOf(name: string, taken: Readonly<Record<string, unknown>>): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 60);
  const start = /^[A-Za-z]/.test(plain) ? plain : `p_${plain}`;
  let key = start;
  for (let suffix = 2; key in taken; suffix += 1) key = `${start}_${suffix}`;
  return key;
}

function parameterOf(
  { schema = {}, description }: Parameter,
  place: string,
  notes: string[],
): HarpoonParameter | string {
  const type = typesOf(schema);
  const base = { type: 'string' as const, required: true, ...(description !== undefined && { description }) };
  const { enum: values } = schema;
  if (values) {
    const texts = values.map(String);
    return { ...base, enum: texts, minLength: 1, maxLength: Math.max(1, ...texts.map(({ length }) => length)) };
  }
  switch (type) {
    case 'boolean':
      return { ...base, enum: ['true', 'false'], minLength: 1, maxLength: 5 };
    case 'integer':
      return { ...base, pattern: (schema.minimum ?? -1) >= 0 ? '[0-9]+' : '-?[0-9]+', minLength: 1, maxLength: 20 };
    case 'number':
      return { ...base, pattern: '-?[0-9]+(?:\\.[0-9]+)?', minLength: 1, maxLength: 40 };
    case 'string':
      return { ...base, ...stringRules(schema, place, notes) };
    default:
      return `${place} is of the type ${type ?? 'unknown'}, which a template cannot express`;
  }
}

function typesOf({ type }: ParameterSchema): string | undefined {
  if (!Array.isArray(type)) return type;
  const others = type.filter((one) => one !== 'null');
  return others.length === 1 ? others[0] : others.join(' or ');
}

function stringRules(schema: ParameterSchema, place: string, notes: string[]) {
  const { pattern, minLength = 1, maxLength, format } = schema;
  const known = format === undefined ? undefined : formats[format];
  if (pattern === undefined && !known) notes.push(`${place} may be any identifier (letters, digits and _ . ~ -)`);
  if (maxLength !== undefined && maxLength > longestValue)
    notes.push(`${place} is at most ${longestValue} characters long here`);
  if (pattern !== undefined && !(pattern.startsWith('^') && pattern.endsWith('$')))
    notes.push(`the pattern of ${place} has to match the whole value here`);
  return {
    pattern: pattern ?? known?.pattern ?? anyIdentifier,
    minLength: Math.max(1, minLength),
    maxLength: Math.min(maxLength ?? known?.maxLength ?? longestValue, longestValue),
  };
}

/** Headers that sign in, as references to variables that do not exist yet. */
function signIn(
  security: readonly SecurityScheme[],
  label: string,
  refused: string[],
  notes: string[],
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { type, name, in: place, scheme } of security) {
    const header = type === 'apiKey' && place === 'header' ? name : type === 'apiKey' ? undefined : 'Authorization';
    if (header === undefined) {
      refused.push(`it signs in by the ${place ?? 'unknown'} parameter ${name ?? ''}, which a template cannot hold`);
      continue;
    }
    const variable = `${label.toUpperCase().replaceAll('-', '_')}_${header.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
    headers[header] = `env:${variable}`;
    notes.push(
      `it signs in: put the whole value of ${header}${scheme === undefined ? '' : ` (${scheme})`} into ${variable}`,
    );
  }
  return headers;
}

/** `getUser` and `GET /users/{id}` become `getuser` and `get-users-id`. */
export function labelOf(name: string): string {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .filter((word) => word !== '');
  const label = words.join('-').slice(0, 64);
  return /^[a-z0-9]/.test(label) ? label : `x${label}`.slice(0, 64);
}

const shapeOf = ({ origin, pathTemplate, query, parameters, headers, allowedHeaders }: HarpoonTemplate) => ({
  version: 1,
  origin,
  method: 'GET',
  path_template: pathTemplate,
  ...(Object.keys(query).length > 0 && { query }),
  parameters: Object.fromEntries(
    Object.entries(parameters).map(
      ([name, { type, required, description, pattern, enum: values, minLength, maxLength }]) => [
        name,
        {
          type,
          required,
          ...(description !== undefined && { description }),
          ...(pattern !== undefined && { pattern }),
          ...(values !== undefined && { enum: values }),
          min_length: minLength,
          max_length: maxLength,
        },
      ],
    ),
  ),
  ...(Object.keys(headers).length > 0 && { headers }),
  ...(allowedHeaders.length > 0 && { allowed_headers: allowedHeaders }),
});
