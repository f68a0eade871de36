import { useSyncExternalStore } from 'react';
import type { Destination } from '../shared/app.ts';

export const pages = ['overview', 'traces', 'profiles', 'doctor', 'logs', 'settings'] as const;
export type Page = (typeof pages)[number] | 'wizard' | 'tunnels' | 'about';

export interface Route {
  readonly page: Page;
  /** A tunnel, trace, profile or draft, as the page has it. */
  readonly item?: string;
}

const known: ReadonlySet<string> = new Set([...pages, 'wizard', 'tunnels', 'about']);

export function parseRoute(hash: string): Route {
  const [, page = '', item] = /^#\/([a-z]*)(?:\/(.*))?$/.exec(hash) ?? [];
  if (!known.has(page)) return { page: 'overview' };
  return { page: page as Page, ...(item ? { item: decodeURIComponent(item) } : {}) };
}

export const hrefOf = ({ page, item }: Route): string =>
  `#/${page}${item === undefined ? '' : `/${encodeURIComponent(item)}`}`;

export function go(page: Page, item?: string): void {
  location.hash = hrefOf({ page, ...(item === undefined ? {} : { item }) });
}

let current = parseRoute(location.hash);
let currentHash = location.hash;

function read(): Route {
  if (location.hash !== currentHash) {
    currentHash = location.hash;
    current = parseRoute(currentHash);
  }
  return current;
}

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, read);
}

/** Where the tray, a notification, a deep link or a second start wants the window to be. */
export function follow(destination: Destination): void {
  switch (destination.page) {
    case 'overview': {
      go('overview', destination.tunnel);
      return;
    }
    case 'traces': {
      go('traces', destination.trace === undefined ? undefined : String(destination.trace));
      return;
    }
    case 'profiles': {
      go('profiles', destination.profile);
      return;
    }
    case 'doctor': {
      go('doctor', destination.profile);
      return;
    }
    case 'wizard': {
      go('wizard', destination.draft);
      return;
    }
    case 'logs':
    case 'settings':
    case 'about': {
      go(destination.page);
      return;
    }
  }
}
