import type { LinkKey } from '../../shared/links.ts';
import { links } from '../../shared/links.ts';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { Button } from './button.tsx';

/** Opens an address of the allow-list: by main in a window, as an ordinary link in a browser. */
export function ExternalLink({ link, children }: { readonly link: LinkKey; readonly children: string }) {
  const inBrowser = useApp((app) => app.capabilities.host === 'browser');
  if (inBrowser)
    return (
      <a className="outside" href={links[link]} target="_blank" rel="noreferrer">
        {children}
      </a>
    );
  return (
    <Button kind="quiet" icon="external" onPress={() => void run('system.open', { link })}>
      {children}
    </Button>
  );
}
