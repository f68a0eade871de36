import type { HarpoonTemplate, Profile } from '../../shared/profile.ts';
import { profileSchema } from '../../shared/profile.ts';
import { GraphqlOperations } from '../harpoon/graphql/operations.ts';
import { isLabel } from '../harpoon/registry.ts';
import { Template, TemplateError } from '../harpoon/template.ts';
import { AddressRules } from '../harpoon/address-rules.ts';
import type { FileConfig } from '../settings/file-schema.ts';
import { tidy, type Rules } from '../settings/rules.ts';
import type { Path } from '../settings/raw-tree.ts';

type FileTarget = NonNullable<NonNullable<FileConfig['harpoon']>['targets']>[number];
type FileTemplate = NonNullable<FileTarget['template']>;

/** The section `harpoon` as a profile has it. Throws `config_invalid` at the field that is wrong. */
export function harpoonOf(config: FileConfig, rules: Rules): Profile['harpoon'] {
  const from = config.harpoon ?? {};
  const at = (key: string) => ['harpoon', key];
  const own = config.culvert?.harpoon_targets ?? {};
  const plaintext = from.allow_plaintext_http ?? false;
  const targets = (from.targets ?? []).map((target, index, all) => {
    const path = ['harpoon', 'targets', index];
    const label = target.label.trim();
    if (!isLabel(label))
      rules.fail([...path, 'label'], 'it is not a label', 'up to 64 of a–z, 0–9, _ and -, first a letter or digit');
    if (all.findIndex((other) => other.label.trim() === label) !== index)
      rules.fail([...path, 'label'], `the label ${label} is used twice`);
    const extra = own[label] ?? {};
    const template = templateOf(target, path, config.config_version ?? 1, rules);
    return tidy({
      label,
      url: template?.origin ?? rules.url(target.url ?? '', [...path, 'url'], plaintext ? 'http:, https:' : 'https:'),
      template,
      unixSocket: rules.text(target.unix_socket, [...path, 'unix_socket']),
      description: target.description === '' ? undefined : target.description,
      allowedMethods: extra.allowed_methods?.map((method) => method.toUpperCase()),
      maxRequestBytes: extra.max_request_bytes,
      maxResponseBytes: extra.max_response_bytes,
      timeoutMs: extra.timeout,
      allowsPaths: extra.paths,
      graphql: graphqlOf(extra.graphql, ['culvert', 'harpoon_targets', label, 'graphql'], rules),
    });
  });
  for (const label of Object.keys(own)) {
    if (!targets.some((target) => target.label === label))
      rules.fail(['culvert', 'harpoon_targets', label], 'there is no target with this label');
  }
  (from.hosts_include_regex ?? []).forEach((pattern, index) => {
    try {
      new AddressRules({
        hostsIncludeRegex: [pattern],
        hostsIncludeSuffix: [],
        hostsIncludeLoopback: false,
        hostsIncludePrivate: false,
      });
    } catch {
      rules.fail([...at('hosts_include_regex'), index], 'it is not a regular expression');
    }
  });
  const transports = (from.additional_transports ?? []).map((value) => value.trim().toLowerCase());
  transports.forEach((value, index) => {
    if (value !== 'http-streamable')
      rules.fail([...at('additional_transports'), index], 'this transport is not known', 'http-streamable');
  });
  return profileSchema.shape.harpoon.parse(
    tidy({
      targets,
      allowPlaintextHttp: from.allow_plaintext_http,
      maxResponseBytes: rules.range(from.max_response_bytes, at('max_response_bytes'), 1, 102_400, '1 to 102400'),
      maxRedirects: rules.range(from.max_redirects, at('max_redirects'), 0, 5, '0 to 5'),
      httpProxy: rules.proxy(from.http_proxy, at('http_proxy')),
      hostsIncludeSuffix: rules.list(from.hosts_include_suffix, at('hosts_include_suffix')),
      hostsIncludeRegex: rules.list(from.hosts_include_regex, at('hosts_include_regex')),
      hostsIncludeLoopback: from.hosts_include_loopback,
      hostsIncludePrivate: from.hosts_include_private,
      additionalTransports: transports.length > 0 ? [...new Set(transports)] : undefined,
      capturePayloads: from.capture_payloads,
    }),
  );
}

type FileGraphql = NonNullable<NonNullable<FileConfig['culvert']>['harpoon_targets']>[string]['graphql'];

function graphqlOf(graphql: FileGraphql, path: Path, rules: Rules) {
  if (!graphql) return undefined;
  const maxDepth = rules.range(graphql.max_depth, [...path, 'max_depth'], 1, 32, '1 to 32');
  const maxCost = rules.range(graphql.max_cost, [...path, 'max_cost'], 1, 2_000, '1 to 2000');
  const config = tidy({ operations: graphql.operations, maxDepth, maxCost });
  try {
    new GraphqlOperations(config.operations, config);
  } catch (error) {
    rules.fail([...path, 'operations'], error instanceof Error ? error.message : 'they cannot be used');
  }
  return config;
}

function templateOf(target: FileTarget, path: Path, version: number, rules: Rules): HarpoonTemplate | undefined {
  const { template } = target;
  const field = [...path, 'template'];
  if (template === undefined) return undefined;
  if (version < 2) rules.fail(field, 'templates need config_version: 2');
  if (target.url !== undefined) rules.fail(field, 'a target has a url or a template, not both');
  if (target.unix_socket !== undefined) rules.fail([...path, 'unix_socket'], 'a template cannot use a Unix socket');
  if (template.version !== 1) rules.fail([...field, 'version'], 'this version of templates is not known', '1');
  if (template.method !== 'GET') rules.fail([...field, 'method'], 'a template makes GET requests', 'GET');
  if (template.follow_redirects === true)
    rules.fail([...field, 'follow_redirects'], 'a template does not follow redirects', 'false');
  const config = configOf(template);
  try {
    new Template(config);
  } catch (error) {
    if (error instanceof TemplateError) rules.fail([...field, ...error.field], error.message);
    throw error;
  }
  return config;
}

function configOf({ origin, path_template, query = {}, parameters, headers = {}, allowed_headers = [] }: FileTemplate) {
  return {
    origin,
    method: 'GET' as const,
    pathTemplate: path_template,
    query,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [
        name,
        tidy({
          type: parameter.type,
          required: parameter.required,
          description: parameter.description,
          pattern: parameter.pattern,
          enum: parameter.enum,
          minLength: parameter.min_length,
          maxLength: parameter.max_length,
          reservedValues: parameter.reserved_values,
        }),
      ]),
    ),
    headers,
    allowedHeaders: allowed_headers,
  };
}
