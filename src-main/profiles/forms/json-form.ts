import { check, type PlaceOf } from '../../settings/check.ts';
import { jsonFileSchema } from '../../settings/file-schema.ts';
import type { Layered } from '../../settings/layers.ts';
import { getIn, isRawMap, setIn, type Path, type Raw, type RawMap, type SourceFile } from '../../settings/raw-tree.ts';

/** Where the published JSON form keeps what YAML keeps elsewhere: [path in YAML, path in JSON]. Servers and targets are below. */
export const jsonPaths: readonly (readonly [yaml: readonly string[], json: readonly string[]])[] = [
  [['control_plane', 'tunnel_id'], ['tunnel_id']],
  [['control_plane', 'base_url'], ['control_plane_url']],
  [['culvert', 'ui'], ['admin_ui_enabled']],
  [['health', 'listen_addr'], ['admin_ui_address']],
  [['ca_bundle'], ['ca_bundle_path']],
  [['http_proxy'], ['proxy', 'https_proxy']],
  [
    ['culvert', 'no_proxy'],
    ['proxy', 'no_proxy'],
  ],
  [
    ['control_plane', 'client_cert'],
    ['control_plane_mtls', 'cert_path'],
  ],
  [
    ['control_plane', 'client_key'],
    ['control_plane_mtls', 'key_path'],
  ],
  [
    ['mcp', 'client_cert'],
    ['mcp_client_mtls', 'cert_path'],
  ],
  [
    ['mcp', 'client_key'],
    ['mcp_client_mtls', 'key_path'],
  ],
  [
    ['culvert', 'mcp', 'ca_bundle'],
    ['mcp_client_mtls', 'ca_bundle_path'],
  ],
];

export const jsonPollInterval = ['poll_interval_ms'];

/** Fields of a target: [in `harpoon.targets`, in `culvert.harpoon_targets`, in JSON]. */
const targetFields: readonly (readonly [yaml: string | undefined, own: string | undefined, json: string])[] = [
  ['label', undefined, 'label'],
  ['url', undefined, 'base_url'],
  ['description', undefined, 'description'],
  [undefined, 'allowed_methods', 'allowed_methods'],
  [undefined, 'max_request_bytes', 'max_request_size_bytes'],
  [undefined, 'max_response_bytes', 'max_response_size_bytes'],
  [undefined, 'timeout', 'timeout_seconds'],
];

/** The JSON form as a tree of the YAML form, so that one set of rules serves both. Throws `config_invalid` at line and column. */
export function fromJsonForm(source: SourceFile): Layered {
  const config = check(jsonFileSchema, source.raw, (path, key) => source.placeOf(path, key));
  const origins = new Map<string, Path>();
  let raw: RawMap = {};
  const put = (path: readonly string[], value: Raw | undefined, json: Path) => {
    if (value === undefined) return;
    origins.set(path.join('.'), json);
    raw = setIn(raw, path, value);
  };
  for (const [yaml, json] of jsonPaths) put(yaml, getIn(source.raw, json), json);
  if (config.poll_interval_ms !== undefined) {
    put(['culvert', 'control_plane', 'poll_interval'], `${config.poll_interval_ms}ms`, jsonPollInterval);
  }
  if (config.mcp_server_url !== undefined)
    put(['mcp', 'server_urls'], [{ url: config.mcp_server_url }], ['mcp_server_url']);
  if (config.mcp_command !== undefined) put(['mcp', 'commands'], [{ command: config.mcp_command }], ['mcp_command']);
  if (config.harpoon?.enabled !== false && config.harpoon?.targets !== undefined) {
    const { targets, own } = targetsFromJson(getIn(source.raw, ['harpoon', 'targets']));
    put(['harpoon', 'targets'], targets, ['harpoon', 'targets']);
    if (Object.keys(own).length > 0) put(['culvert', 'harpoon_targets'], own, ['harpoon', 'targets']);
  }
  const placeOf: PlaceOf = (path) => {
    for (let length = path.length; length > 0; length--) {
      const json = origins.get(path.slice(0, length).join('.'));
      if (json) return source.placeOf(json);
    }
    return source.placeOf([]);
  };
  return { raw, placeOf };
}

function targetsFromJson(list: Raw | undefined): { targets: Raw[]; own: RawMap } {
  const targets: Raw[] = [];
  let own: RawMap = {};
  for (const entry of Array.isArray(list) ? (list as readonly Raw[]) : []) {
    if (!isRawMap(entry)) continue;
    const target: Record<string, Raw> = {};
    const extra: Record<string, Raw> = {};
    for (const [yamlKey, ownKey, jsonKey] of targetFields) {
      const value = entry[jsonKey];
      if (value === undefined) continue;
      if (yamlKey !== undefined) target[yamlKey] = value;
      if (ownKey !== undefined) extra[ownKey] = ownKey === 'timeout' && typeof value === 'string' ? `${value}s` : value;
    }
    targets.push(target);
    extra['paths'] = 'true';
    const label = entry['label'];
    if (Object.keys(extra).length > 0 && typeof label === 'string') own = { ...own, [label]: extra };
  }
  return { targets, own };
}
