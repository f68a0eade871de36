/**
 * The tools of Harpoon with their schemas: names, words and order are the reference client's (docs/harpoon.md), since
 * callers and the service's authorization shim rely on them.
 */
const draft = 'https://json-schema.org/draft/2020-12/schema';
const idRoot = 'https://github.com/openai/tunnel-client/pkg/';
const labelPattern = '^[a-z0-9][a-z0-9_-]{0,63}$';
const headerPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

export type Schema = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly annotations: Readonly<Record<string, boolean>>;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly name: string;
  readonly outputSchema: Schema;
  readonly title: string;
}

export interface ToolLimits {
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
}

const text = (description: string) => ({ type: 'string', description });
const list = (description: string) => ({ items: { type: 'string' }, type: 'array', description });
const label = (description: string) => ({
  type: 'string',
  maxLength: 64,
  minLength: 1,
  pattern: labelPattern,
  description,
});
const bounded = (minimum: number, maximum: number, description: string, preset = maximum) => ({
  type: 'integer',
  maximum,
  minimum,
  description,
  default: preset,
});

const readOnly = { idempotentHint: true, openWorldHint: false, readOnlyHint: true };
const opensWorld = { openWorldHint: true };

function callInput({ maxResponseBytes, maxRedirects }: ToolLimits): Schema {
  return {
    $schema: draft,
    $id: `${idRoot}runtimeharpoon/call-target-request`,
    properties: {
      label: label('Allowlisted target label'),
      method: { type: 'string', enum: ['GET', 'POST', 'PUT'], description: 'HTTP method for the outbound request' },
      headers: {
        additionalProperties: { type: 'string' },
        propertyNames: { type: 'string', pattern: headerPattern },
        type: 'object',
        description:
          'HTTP headers to include in the request; transport proxy forwarding headers plus client-managed identity headers plus caller-supplied fields nominated by Connection are blocked',
        default: {},
      },
      body: text('Request body as a raw string'),
      timeout_ms: bounded(100, 120_000, 'Request timeout in milliseconds', 30_000),
      max_response_bytes: bounded(1, maxResponseBytes, 'Maximum response bytes to read'),
      follow_redirects: { type: 'boolean', description: 'Whether to follow HTTP redirects', default: true },
      max_redirects: bounded(0, maxRedirects, 'Maximum redirects to follow when follow_redirects is true'),
    },
    additionalProperties: false,
    type: 'object',
    required: ['label', 'method'],
    title: 'Call Harpoon target',
    description: 'Call an allowlisted HTTP target by label.',
  };
}

const callOutput = ({ maxResponseBytes }: ToolLimits): Schema => ({
  $schema: draft,
  $id: `${idRoot}runtimeharpoon/call-target-response`,
  properties: {
    status_code: {
      type: 'integer',
      maximum: 599,
      minimum: 100,
      description: 'HTTP status code returned by the target.',
    },
    headers: {
      additionalProperties: { items: { type: 'string' }, type: 'array' },
      propertyNames: { type: 'string', pattern: headerPattern },
      type: 'object',
      description: 'Response headers returned by the target.',
    },
    body_base64: { type: 'string', description: 'Base64-encoded response body bytes.', contentEncoding: 'base64' },
    body_size_bytes: {
      type: 'integer',
      maximum: maxResponseBytes,
      minimum: 0,
      description: 'Number of bytes in body_base64.',
    },
    truncated: { type: 'boolean', description: 'Whether the response body was truncated.' },
  },
  additionalProperties: false,
  type: 'object',
  required: ['status_code', 'body_size_bytes'],
  title: 'Harpoon call result',
  description: 'Response details from the target.',
});

const audienceInput: Schema = {
  $schema: draft,
  $id: `${idRoot}harpoon/oauth-target-audience-request`,
  properties: { label: label('OAuth token-endpoint target label.') },
  additionalProperties: false,
  type: 'object',
  required: ['label'],
  title: 'Get OAuth target audience',
  description: 'Resolve the exact upstream URL for an allowlisted OAuth token endpoint.',
};

const audienceOutput: Schema = {
  $schema: draft,
  $id: `${idRoot}harpoon/oauth-target-audience-response`,
  properties: {
    audience: {
      type: 'string',
      format: 'uri',
      description: 'Exact upstream OAuth token endpoint URL to use as a private_key_jwt audience.',
    },
  },
  additionalProperties: false,
  type: 'object',
  required: ['audience'],
  title: 'OAuth target audience',
  description: 'Exact private_key_jwt audience for an allowlisted OAuth token endpoint.',
};

const listInput: Schema = {
  $schema: draft,
  $id: `${idRoot}runtimeharpoon/list-targets-request`,
  properties: {
    categories: list('Target categories to include.'),
    sources: list('Target sources to include.'),
    tags: list('Target tags to include (all tags must match).'),
  },
  additionalProperties: false,
  type: 'object',
  title: 'List Harpoon targets',
  description: 'List available allowlisted targets.',
};

function listOutput(hasTemplates: boolean, hasGraphql: boolean): Schema {
  const properties = {
    label: label('Target label.'),
    description: text('Target description.'),
    category: text('Target category.'),
    source: text('Target source.'),
    tags: list('Target tags.'),
    allowed_methods: {
      items: { type: 'string', enum: ['GET', 'POST', 'PUT'] },
      type: 'array',
      description: 'HTTP methods permitted for this target',
    },
    ...(hasGraphql && {
      operations: {
        items: { type: 'object' },
        type: 'array',
        description: 'Operations of a GraphQL target, for graphql_callout: name, kind and variables_schema.',
      },
    }),
    ...(hasTemplates && {
      template_version: { type: 'integer', enum: [1], description: 'Version of the target template.' },
      parameters_schema: { type: 'object', description: 'JSON Schema of the parameters of the target template.' },
    }),
  };
  return {
    $schema: draft,
    $id: `${idRoot}runtimeharpoon/list-targets-response`,
    properties: {
      targets: {
        items: { properties, additionalProperties: false, type: 'object', required: ['label', 'allowed_methods'] },
        type: 'array',
        description: 'Allowlisted targets.',
      },
    },
    additionalProperties: false,
    type: 'object',
    required: ['targets'],
    title: 'Harpoon target list',
    description: hasTemplates
      ? `Allowlisted targets: use call_target for exact targets. ${templateRoute}`
      : 'Allowlisted targets available to call_target.',
  };
}

/** How a caller goes about targets that have a template. */
export const templateRoute =
  'For entries with template_version and parameters_schema, use call_target_template with the label and all parameters declared by parameters_schema; each value must satisfy that schema.';

function templateInput({ maxResponseBytes }: ToolLimits): Schema {
  const { headers, timeout_ms, max_response_bytes } = callInput({ maxResponseBytes, maxRedirects: 0 })[
    'properties'
  ] as Record<string, Schema>;
  return {
    $schema: draft,
    $id: `${idRoot}runtimeharpoon/call-target-template-request`,
    properties: {
      label: { type: 'string', maxLength: 64, minLength: 1, pattern: labelPattern },
      parameters: {
        type: 'object',
        maxProperties: 16,
        minProperties: 1,
        description: 'Required string values matching the target parameters_schema.',
      },
      headers,
      timeout_ms,
      max_response_bytes,
    },
    additionalProperties: false,
    type: 'object',
    required: ['label', 'parameters'],
    title: 'Call Harpoon target template',
    description: 'Call a configured operation with bounded string identifiers.',
  };
}

const calloutInput: Schema = {
  $schema: draft,
  properties: {
    target: label('Allowlisted target label'),
    path: text('Path and query below the target’s base URL'),
    method: { type: 'string', description: 'HTTP method, one that the target allows' },
    headers: { additionalProperties: { type: 'string' }, type: 'object' },
    body: text('Request body as a raw string'),
  },
  additionalProperties: false,
  type: 'object',
  required: ['target', 'path', 'method'],
  title: 'Call out over HTTP',
  description: 'Call a path below the base URL of an allowlisted target.',
};

const graphqlInput: Schema = {
  $schema: draft,
  properties: {
    target: label('Allowlisted target label'),
    operation: text('Name of a listed operation'),
    variables: { type: 'object', description: 'Variables of the operation, by its variables_schema' },
  },
  additionalProperties: false,
  type: 'object',
  required: ['target', 'operation'],
  title: 'Run a GraphQL operation',
  description: 'Run a listed operation of an allowlisted GraphQL target.',
};

export interface ToolNeeds {
  readonly templates: boolean;
  /** Some target is a GraphQL service with listed operations. */
  readonly graphql: boolean;
  /** Some target has a base URL below which paths may be called. */
  readonly callouts: boolean;
}

/** The tools that there are, by name. */
export function toolsFor(limits: ToolLimits, { templates, callouts, graphql }: ToolNeeds): readonly Tool[] {
  return [
    {
      annotations: opensWorld,
      description: 'Call an allowlisted HTTP target by label.',
      inputSchema: callInput(limits),
      name: 'call_target',
      outputSchema: callOutput(limits),
      title: 'Call Harpoon target',
    },
    ...(templates
      ? [
          {
            annotations: { idempotentHint: true, readOnlyHint: true },
            description:
              'Call an operation of a target template with the parameters and headers that it declares. list_targets tells which there are.',
            inputSchema: templateInput(limits),
            name: 'call_target_template',
            outputSchema: callOutput(limits),
            title: 'Call Harpoon target template',
          },
        ]
      : []),
    {
      annotations: readOnly,
      description: 'Resolve the exact private_key_jwt audience for an OAuth token endpoint target.',
      inputSchema: audienceInput,
      name: 'get_oauth_target_audience',
      outputSchema: audienceOutput,
      title: 'Get OAuth target audience',
    },
    ...(graphql
      ? [
          {
            annotations: opensWorld,
            description: 'Run a listed operation of a GraphQL target. list_targets tells which there are.',
            inputSchema: graphqlInput,
            name: 'graphql_callout',
            outputSchema: callOutput(limits),
            title: 'Run a GraphQL operation',
          },
        ]
      : []),
    ...(callouts
      ? [
          {
            annotations: opensWorld,
            description: 'Call a path below the base URL of an allowlisted target.',
            inputSchema: calloutInput,
            name: 'http_callout',
            outputSchema: callOutput(limits),
            title: 'Call out over HTTP',
          },
        ]
      : []),
    {
      annotations: readOnly,
      description: 'List available Harpoon targets by label.',
      inputSchema: listInput,
      name: 'list_targets',
      outputSchema: listOutput(templates, graphql),
      title: 'List Harpoon targets',
    },
  ];
}

const constrained = 'Harpoon provides a constrained outbound HTTP client.';
const elsewhere = 'Harpoon cannot reach arbitrary hosts or paths outside the configured allowlist.';
const audience =
  'get_oauth_target_audience is a narrow opt-in lookup for OAuth token-endpoint private_key_jwt audiences.';

export const instructions = (hasTemplates: boolean): string =>
  hasTemplates
    ? `${constrained} Use list_targets to see allowlisted targets. For exact targets, use call_target to make GET/POST/PUT requests with strict size, timeout, and redirect limits. ${templateRoute} ${audience} ${elsewhere}`
    : `${constrained} Use list_targets to see allowlisted targets and call_target to make GET/POST/PUT requests with strict size, timeout, and redirect limits. ${audience} ${elsewhere}`;
