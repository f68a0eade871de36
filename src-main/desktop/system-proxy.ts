import type { Session } from 'electron';
import { proxyFromPac } from '../network/proxy.ts';

/** What the system's settings or its PAC file say for a URL, as Chromium's network stack resolves them. */
export const systemProxy =
  (session: Pick<Session, 'resolveProxy'>) =>
  async (url: URL): Promise<string | undefined> =>
    proxyFromPac(await session.resolveProxy(url.href));
