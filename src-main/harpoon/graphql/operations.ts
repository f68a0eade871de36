import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';

interface GraphqlLimits {
  /** Fields within fields. */
  readonly maxDepth: number;
  /** Fields that an operation selects, those of its fragments counted at each use. */
  readonly maxCost: number;
}

const defaults: GraphqlLimits = { maxDepth: 8, maxCost: 200 };

const limits = {
  documentBytes: 65_536,
  tokens: 4_000,
  textBytes: 4_096,
  items: 100,
  operations: 64,
  variables: 32,
} as const;

/** A type of a variable, as far as values can be checked without the service's schema. */
type VariableType =
  | { readonly kind: 'scalar'; readonly name: string; readonly isRequired: boolean }
  | { readonly kind: 'list'; readonly of: VariableType; readonly isRequired: boolean };

interface Variable {
  readonly type: VariableType;
  readonly hasDefault: boolean;
}

/** One operation that callers may run by its name. */
interface Operation {
  readonly name: string;
  readonly kind: OperationTypeNode;
  /** The operation with its fragments, printed anew: nothing of what was written but its meaning. */
  readonly document: string;
  readonly variables: ReadonlyMap<string, Variable>;
}

const jsonTypes: Readonly<Record<string, string>> = {
  String: 'string',
  ID: 'string',
  Int: 'integer',
  Float: 'number',
  Boolean: 'boolean',
};

/**
 * The operations that a GraphQL target allows. A caller names one and gives its variables; no text of a caller's ever becomes
 * part of a document.
 */
export class GraphqlOperations {
  readonly #operations: ReadonlyMap<string, Operation>;

  /** @param documents - each one named operation with its fragments. Throws `Error` that says what is wrong with which. */
  constructor(
    documents: readonly string[],
    wanted: { readonly [Key in keyof GraphqlLimits]?: number | undefined } = {},
  ) {
    const { maxDepth = defaults.maxDepth, maxCost = defaults.maxCost } = wanted;
    const most = { maxDepth, maxCost };
    if (documents.length < 1 || documents.length > limits.operations)
      throw new Error(`1 to ${limits.operations} operations are listed`);
    const operations = documents.map((text) => operationOf(text, most));
    this.#operations = new Map(operations.map((one) => [one.name, one]));
    if (this.#operations.size !== operations.length) throw new Error('two operations have the same name');
  }

  /** The body of the request. Throws `Error` that names the variable at fault, without its value. */
  body(name: string, given: Readonly<Record<string, unknown>>): string {
    const operation = this.#operations.get(name);
    if (!operation) throw new Error('unknown operation');
    for (const key of Object.keys(given))
      if (!operation.variables.has(key)) throw new Error('a variable is not one of the operation’s');
    for (const [key, { type, hasDefault }] of operation.variables) {
      const value = Object.hasOwn(given, key) ? given[key] : undefined;
      if (value === undefined && (hasDefault || !type.isRequired)) continue;
      if (!fits(value, type)) throw new Error(`variable ${key} does not have its type`);
    }
    return JSON.stringify({ query: operation.document, operationName: name, variables: given });
  }

  /** What callers see: names, kinds, and JSON Schemas of the variables. */
  listed(): readonly Record<string, unknown>[] {
    return [...this.#operations.values()].map(({ name, kind, variables }) => ({
      name,
      kind,
      variables_schema: {
        type: 'object',
        properties: Object.fromEntries([...variables].map(([key, { type }]) => [key, schemaOf(type)])),
        required: [...variables]
          .filter(([, { type, hasDefault }]) => type.isRequired && !hasDefault)
          .map(([key]) => key),
        additionalProperties: false,
      },
    }));
  }
}

function operationOf(text: string, most: GraphqlLimits): Operation {
  if (Buffer.byteLength(text) > limits.documentBytes)
    throw new Error(`an operation is at most ${limits.documentBytes} bytes`);
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true, maxTokens: limits.tokens });
  } catch (error) {
    throw new Error(`it is no GraphQL: ${error instanceof GraphQLError ? error.message : 'it cannot be read'}`, {
      cause: error,
    });
  }
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  const [operation] = operations;
  if (!operation || operations.length > 1 || operations.length + fragments.length !== document.definitions.length)
    throw new Error('each entry is one operation with its fragments');
  const name = operation.name?.value;
  if (name === undefined) throw new Error('an operation needs a name');
  if (operation.operation === OperationTypeNode.SUBSCRIPTION)
    throw new Error(`${name}: subscriptions are not supported`);
  measure(name, operation, new Map(fragments.map((one) => [one.name.value, one])), most);
  return {
    name,
    kind: operation.operation,
    document: print(document),
    variables: variablesOf(name, operation),
  };
}

/** Walks the selections as the service will, and stops at the first that is too much. */
function measure(
  name: string,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  { maxDepth, maxCost }: GraphqlLimits,
): void {
  let cost = 0;
  const walk = (set: SelectionSetNode, depth: number, within: readonly string[]): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, depth, within);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const used = selection.name.value;
        const fragment = fragments.get(used);
        if (!fragment) throw new Error(`${name}: there is no fragment ${used}`);
        if (within.includes(used)) throw new Error(`${name}: the fragment ${used} contains itself`);
        // one that selects nothing new still costs, or many that use each other twice would take forever
        cost += 1;
        if (cost > maxCost) throw new Error(`${name}: it selects more than ${maxCost} fields`);
        walk(fragment.selectionSet, depth, [...within, used]);
      } else {
        const field = selection.name.value;
        if (field === '__schema' || field === '__type') throw new Error(`${name}: introspection is off`);
        cost += 1;
        if (cost > maxCost) throw new Error(`${name}: it selects more than ${maxCost} fields`);
        if (depth > maxDepth) throw new Error(`${name}: it is more than ${maxDepth} levels deep`);
        if (selection.selectionSet) walk(selection.selectionSet, depth + 1, within);
      }
    }
  };
  walk(operation.selectionSet, 1, []);
}

function variablesOf(
  name: string,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ReadonlyMap<string, Variable> {
  if (variableDefinitions.length > limits.variables)
    throw new Error(`${name}: an operation has at most ${limits.variables} variables`);
  return new Map(
    variableDefinitions.map(({ variable, type, defaultValue }) => [
      variable.name.value,
      { type: typeOf(name, type, false), hasDefault: defaultValue !== undefined },
    ]),
  );
}

function typeOf(name: string, node: TypeNode, isRequired: boolean): VariableType {
  if (node.kind === Kind.NON_NULL_TYPE) return typeOf(name, node.type, true);
  if (node.kind === Kind.LIST_TYPE) return { kind: 'list', of: typeOf(name, node.type, false), isRequired };
  const scalar = node.name.value;
  if (!Object.hasOwn(jsonTypes, scalar))
    throw new Error(
      `${name}: variables are of the types ${Object.keys(jsonTypes).join(', ')} and lists of these, not ${scalar}`,
    );
  return { kind: 'scalar', name: scalar, isRequired };
}

function fits(value: unknown, type: VariableType): boolean {
  if (value === null || value === undefined) return !type.isRequired;
  if (type.kind === 'list')
    return Array.isArray(value) && value.length <= limits.items && value.every((item) => fits(item, type.of));
  switch (type.name) {
    case 'Int':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'Float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'Boolean':
      return typeof value === 'boolean';
    default:
      return typeof value === 'string' && Buffer.byteLength(value) <= limits.textBytes;
  }
}

function schemaOf(type: VariableType): Record<string, unknown> {
  const one =
    type.kind === 'list'
      ? { type: 'array', items: schemaOf(type.of), maxItems: limits.items }
      : { type: jsonTypes[type.name] ?? 'string' };
  return type.isRequired ? one : { anyOf: [one, { type: 'null' }] };
}
