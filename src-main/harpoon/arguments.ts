import type { Schema } from './tools.ts';

/**
 * What is wrong with a tool's arguments, in the words that callers know from the reference client; undefined when they
 * satisfy the schema. Only what the tools' own schemas use is looked at.
 */
export function problemWith(value: unknown, schema: Schema, root = true): string | undefined {
  const {
    type,
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    type?: string;
    properties?: Record<string, Schema>;
    required?: readonly string[];
    additionalProperties?: boolean | Schema;
  };
  if (type !== undefined && !isOfType(value, type))
    return `type: ${typeName(value)} has type "${typeName(value)}", want "${type}"`;
  const scalar = scalarProblem(value, schema);
  if (scalar !== undefined) return scalar;
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema | undefined;
    for (const [index, item] of value.entries()) {
      const problem = items && problemWith(item, items, false);
      if (problem !== undefined) return `validating /items/${index}: ${problem}`;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const missing = required.filter((name) => !Object.hasOwn(given, name));
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(properties, name));
  for (const [name, member] of Object.entries(given)) {
    const inner = Object.hasOwn(properties, name)
      ? properties[name]
      : typeof additionalProperties === 'object'
        ? additionalProperties
        : undefined;
    const problem = inner && problemWith(member, inner, false);
    if (problem !== undefined) return `validating /properties/${name}: ${problem}`;
  }
  if (additionalProperties === false && unknown.length > 0)
    return `unexpected additional properties ${JSON.stringify(unknown)}`;
  if (missing.length > 0) return `required: missing properties: ${JSON.stringify(missing)}`;
  return root ? undefined : undefined;
}

function scalarProblem(value: unknown, schema: Schema): string | undefined {
  const {
    enum: values,
    minimum,
    maximum,
    minLength,
    maxLength,
    pattern,
  } = schema as {
    enum?: readonly unknown[];
    minimum?: number;
    maximum?: number;
    minLength?: number;
    maxLength?: number;
    pattern?: string;
  };
  if (values && !values.includes(value)) return `enum: ${String(value)} does not equal any of: [${values.join(' ')}]`;
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum) return `minimum: ${value}/1 is less than ${minimum.toFixed(6)}`;
    if (maximum !== undefined && value > maximum) return `maximum: ${value}/1 is greater than ${maximum.toFixed(6)}`;
  }
  if (typeof value === 'string') {
    if (minLength !== undefined && value.length < minLength)
      return `minLength: "${value}" contains ${value.length} Unicode code points, fewer than ${minLength}`;
    if (maxLength !== undefined && value.length > maxLength)
      return `maxLength: the text contains ${value.length} Unicode code points, more than ${maxLength}`;
    // the tools' own expressions, over texts whose length was just bounded
    if (pattern !== undefined && (maxLength ?? 0) > 0 && !new RegExp(pattern).test(value))
      return `pattern: "${value}" does not match regular expression "${pattern}"`;
  }
  return undefined;
}

const isOfType = (value: unknown, type: string): boolean => {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
};

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
