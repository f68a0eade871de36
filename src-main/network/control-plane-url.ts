import type { Profile } from '../../shared/profile.ts';
import { trimmedOf, withoutTrailing } from '../../shared/trim.ts';

const defaultBaseUrl = 'https://api.openai.com';
const mtlsBaseUrl = 'https://mtls.api.openai.com';

/** Root of the control plane's API: host root, the optional path, then `/v1` is appended by the caller (docs/wire.md). */
export function controlPlaneUrl(config: Profile['controlPlane']): URL {
  const given = config.baseUrl || defaultBaseUrl;
  const bare = withoutTrailing(given, '/');
  const base = config.clientCert && bare === defaultBaseUrl ? mtlsBaseUrl : bare;
  const path = trimmedOf(config.urlPath, '/');
  return new URL(path === '' ? base : `${base}/${path}`);
}
