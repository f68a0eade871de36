import type { Profile } from '../../../shared/profile.ts';
import { hasPassword, hasSecretLooks, isSecretName } from '../../detect/redact.ts';
import { fileShape, isSocksProxy, ownShape, type Shape, type ShapeMap } from '../forms/file-shape.ts';
import { overlaidHeaders } from '../../settings/headers.ts';
import { isReference } from '../../settings/rules.ts';
import { parseProfileFile } from '../source.ts';
import { editDocument } from '../forms/yaml-edit.ts';

export interface Exported {
  readonly text: string;
  /** What the reference client has no place for, and what became a variable, in words. */
  readonly dropped: readonly string[];
}

const leafPaths = (shape: Shape, path: string): string[] =>
  typeof shape === 'object' && !Array.isArray(shape)
    ? Object.entries(shape).flatMap(([key, value]) => leafPaths(value, `${path}.${key}`))
    : [path];

const variableFor = (path: string): string =>
  path === 'control_plane.api_key'
    ? 'CONTROL_PLANE_API_KEY'
    : `CULVERT_${path.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`;

/** The reference has one set of headers for all servers: those of the only one can be that. */
function withSharedHeaders(profile: Profile): Profile {
  const [server, ...more] = profile.channels.filter((channel) => channel.kind === 'http');
  if (!server?.extraHeaders || more.length > 0) return profile;
  const { extraHeaders, ...rest } = server;
  return {
    ...profile,
    channels: profile.channels.map((channel) => (channel === server ? rest : channel)),
    mcp: { ...profile.mcp, extraHeaders: overlaidHeaders(profile.mcp.extraHeaders, extraHeaders) },
  };
}

/** A literal that is not to leave this machine: the key, a header that is one, a proxy's password. */
const isLiteralSecret = (path: string, value: string): boolean => {
  if (isReference(value)) return false;
  const [last = ''] = path.split('.').slice(-1);
  return (
    path === 'control_plane.api_key' ||
    (path.includes('extra_headers.') && (isSecretName(last) || hasSecretLooks(value))) ||
    (last === 'http_proxy' && hasPassword(value))
  );
};

/** A profile as the reference client reads it: no `culvert:` section, and `keychain:` references and literal secrets as `env:`. */
export function exportToReference(given: Profile): Exported {
  const profile = withSharedHeaders(given);
  const dropped = Object.entries(ownShape(profile)).flatMap(([key, value]) => leafPaths(value, `culvert.${key}`));
  const withoutKeychain = (shape: Shape, path: string): Shape => {
    if (typeof shape === 'string') {
      const inKeychain = /^\s*keychain:/i.test(shape);
      if (!inKeychain && !isLiteralSecret(path, shape)) return shape;
      dropped.push(`${path}: the ${inKeychain ? 'keychain entry' : 'secret'} became env:${variableFor(path)}`);
      return `env:${variableFor(path)}`;
    }
    if (typeof shape !== 'object') return shape;
    if (Array.isArray(shape))
      return (shape as readonly Shape[]).map((item, index) => withoutKeychain(item, `${path}[${index + 1}]`));
    return Object.fromEntries(
      Object.entries(shape).flatMap(([key, value]): [string, Shape][] => {
        const at = path === '' ? key : `${path}.${key}`;
        if (!isSocksProxy(key, value)) return [[key, withoutKeychain(value, at)]];
        dropped.push(`${at}: tunnel-client knows no SOCKS proxy`);
        return [];
      }),
    );
  };
  const shape = Object.fromEntries(Object.entries(fileShape(profile, undefined)).filter(([key]) => key !== 'culvert'));
  const base = parseProfileFile('export.yaml', 'config_version: 1\n');
  return { text: editDocument(base.source.document, '', {}, withoutKeychain(shape, '') as ShapeMap), dropped };
}
