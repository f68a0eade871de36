import { z } from 'zod';
import { parse } from 'yaml';
import { TunnelError } from '../../../shared/errors.ts';

/** Descriptions of large services run to some megabytes. */
const maxBytes = 16 * 1024 * 1024;
const dereferenceLimitMs = 10_000;

const schemaSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  description: z.string().optional(),
});

const parameterSchema = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema: schemaSchema.optional(),
});

const serversSchema = z.array(z.looseObject({ url: z.string(), variables: z.unknown().optional() })).optional();
const securitySchema = z.array(z.record(z.string(), z.unknown())).optional();

const operationSchema = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  parameters: z.array(z.unknown()).optional(),
  servers: serversSchema,
  security: securitySchema,
});

const documentSchema = z.looseObject({
  openapi: z.string().regex(/^3\./),
  servers: serversSchema,
  security: securitySchema,
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ securitySchemes: z.record(z.string(), z.unknown()).optional() }).optional(),
});

export type ParameterSchema = z.infer<typeof schemaSchema>;
export type Parameter = z.infer<typeof parameterSchema>;

export interface SecurityScheme {
  readonly type: string;
  readonly name?: string | undefined;
  readonly in?: string | undefined;
  readonly scheme?: string | undefined;
}

/** One operation of a description, with what it inherits from its path and from the whole. */
export interface Operation {
  /** Its `operationId`, else `METHOD /path`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string | undefined;
  readonly parameters: readonly Parameter[];
  /** A `$ref` to a parameter that leads out of the document, or one that is none. */
  readonly hasUnreadable: boolean;
  readonly servers: readonly string[];
  /** What signs the call in, of the first alternative; empty when there is a way without. */
  readonly security: readonly SecurityScheme[];
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const schemeSchema = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  in: z.string().optional(),
  scheme: z.string().optional(),
});

const failed = (file: string, problem: string, cause?: unknown): TunnelError =>
  new TunnelError('config_invalid', 'local', { file, problem }, cause === undefined ? {} : { cause });

/**
 * Reads an OpenAPI 3 description. References inside of it are followed, those to other files or addresses never are.
 * Throws `config_invalid`.
 */
export async function readOperations(text: string, file: string): Promise<readonly Operation[]> {
  if (text.length > maxBytes) throw failed(file, 'it is larger than 16 MiB');
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw failed(file, 'it is neither YAML nor JSON', error);
  }
  const outline = documentSchema.safeParse(raw);
  if (!outline.success) throw failed(file, 'it is no OpenAPI 3 description');
  const { dereference } = await import('@readme/openapi-parser');
  let whole: unknown;
  try {
    whole = await dereference(raw as Parameters<typeof dereference>[0], {
      resolve: { external: false, file: false },
      dereference: { circular: 'ignore' },
      timeoutMs: dereferenceLimitMs,
    });
  } catch (error) {
    throw failed(file, 'a $ref in it leads nowhere', error);
  }
  const document = documentSchema.parse(whole);
  const schemes = document.components?.securitySchemes ?? {};
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method): Operation[] => {
      const parsed = operationSchema.safeParse(item[method]);
      if (!parsed.success) return [];
      const { data } = parsed;
      const shared = z.array(z.unknown()).safeParse(item['parameters']).data ?? [];
      const read = [...shared, ...(data.parameters ?? [])].map((one) => parameterSchema.safeParse(one));
      const own = serversSchema.safeParse(item['servers']).data;
      const [security = {}] = data.security ?? document.security ?? [];
      return [
        {
          name: data.operationId ?? `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          summary: data.summary ?? data.description,
          // an operation's own parameter takes the place of its path's
          parameters: [
            ...new Map(
              read.flatMap((one) => (one.success ? [[`${one.data.in} ${one.data.name}`, one.data]] : [])),
            ).values(),
          ],
          hasUnreadable: read.some(({ success }) => !success),
          servers: (data.servers ?? own ?? document.servers ?? []).map(({ url }) => url),
          security: Object.keys(security).map((name) => schemeSchema.safeParse(schemes[name]).data ?? { type: name }),
        },
      ];
    }),
  );
}
