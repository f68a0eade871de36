import { trimmedOf } from '../../shared/trim.ts';

const resourceWellKnown = '/.well-known/oauth-protected-resource';
const serverWellKnowns = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

const trimmed = (path: string): string => trimmedOf(path, '/');

/** Where a server's protected-resource metadata may be: for its own path first, then for the origin (RFC 9728, section 3). */
export function resourceMetadataUrls(server: URL): readonly URL[] {
  const path = trimmed(server.pathname);
  const root = new URL(resourceWellKnown, server.origin);
  if (path === '') return [root];
  const own = path.startsWith(resourceWellKnown.slice(1)) ? `/${path}` : `${resourceWellKnown}/${path}`;
  return unique([new URL(own, server.origin), root]);
}

/**
 * Where an issuer's metadata may be: RFC 8414 inserts the well-known part before the path, OpenID Connect appends it.
 * For an issuer with a path the appended form is tried first, as most of those are OpenID providers.
 */
export function serverMetadataUrls(issuer: URL): readonly URL[] {
  const path = trimmed(issuer.pathname);
  const urls = serverWellKnowns.flatMap((wellKnown) => {
    const inserted = new URL(path === '' ? wellKnown : `${wellKnown}/${path}`, issuer.origin);
    const appended = new URL(path === '' ? wellKnown : `/${path}${wellKnown}`, issuer.origin);
    return path === '' ? [inserted, appended] : [appended, inserted];
  });
  return unique(urls);
}

function unique(urls: readonly URL[]): readonly URL[] {
  return [...new Map(urls.map((url) => [url.href, url])).values()];
}

/** The `resource_metadata` of the first Bearer challenge that has one (RFC 9728, section 5.1). */
export function resourceMetadataOf(challenges: readonly string[]): URL | undefined {
  for (const challenge of challenges) {
    let scheme = '';
    for (const segment of splitOutsideQuotes(challenge)) {
      const start = /^\s*([A-Za-z][\w-]*)\s+(?=\S)(?![=])/.exec(segment);
      const opens = start !== null && !(start[1] ?? '').includes('=');
      if (opens) scheme = (start[1] ?? '').toLowerCase();
      if (scheme !== 'bearer') continue;
      const found = /(?:^|[\s,])resource_metadata\s*=\s*(?:"([^"]*)"|([^,\s"]+))/i.exec(segment);
      const value = found?.[1] ?? found?.[2];
      if (value !== undefined && URL.canParse(value)) return new URL(value);
    }
  }
  return undefined;
}

function splitOutsideQuotes(text: string): readonly string[] {
  const segments: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\' && quoted) at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      segments.push(text.slice(start, at));
      start = at + 1;
    }
  }
  segments.push(text.slice(start));
  return segments;
}
