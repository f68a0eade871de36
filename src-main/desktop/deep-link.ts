import { z } from 'zod';

export const deepLinkScheme = 'culvert';

export const pages = ['overview', 'traces', 'profiles', 'doctor', 'logs', 'settings'] as const;

/** Where a link may lead: a page, or the wizard with a tunnel id filled in. Never an action: a web page can send one. */
export type DeepLink =
  { readonly page: (typeof pages)[number] } | { readonly page: 'wizard'; readonly tunnelId?: string };

const pageSchema = z.enum(pages);

/** Reads a `culvert://` link as what it is, untrusted text. `undefined` for anything that is not exactly known. */
export function parseDeepLink(text: string): DeepLink | undefined {
  if (text.length > 512) return undefined;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== `${deepLinkScheme}:` || url.username !== '' || url.port !== '') return undefined;
  if (url.pathname !== '' && url.pathname !== '/') return undefined;
  if (url.host === 'connect') {
    const tunnelId = url.searchParams.get('tunnel');
    if (tunnelId === null) return { page: 'wizard' };
    return /^tunnel_[a-z0-9]{32}$/.test(tunnelId) ? { page: 'wizard', tunnelId } : undefined;
  }
  const page = pageSchema.safeParse(url.host);
  return page.success ? { page: page.data } : undefined;
}

/** The first link among a process's arguments. */
export function deepLinkIn(argv: readonly string[]): DeepLink | undefined {
  const text = argv.find((argument) => argument.startsWith(`${deepLinkScheme}:`));
  return text === undefined ? undefined : parseDeepLink(text);
}
