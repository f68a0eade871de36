import { useCallback, useState } from 'react';
import { t } from '../strings.ts';
import { useAppState } from '../store.ts';
import { Announcer } from './announcer.tsx';
import { StartConsent } from '../overview/start.tsx';
import { Notices } from './notices.tsx';
import { PageOf } from './page-of.tsx';
import { Palette } from './palette.tsx';
import { Sidebar } from './sidebar.tsx';
import { useShortcuts } from './shortcuts.ts';

export function App() {
  const { app, connected } = useAppState();
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);
  useShortcuts(openPalette);
  if (!app) {
    return (
      <div className="splash" role="status">
        {connected ? <span className="spinner" /> : undefined}
        <p>{connected ? t.loading : `${t.lost} ${t.lostMore}`}</p>
      </div>
    );
  }
  return (
    <div className="app">
      <a className="skip" href="#page" onClick={skipToPage}>
        {t.skip}
      </a>
      <Sidebar onPalette={openPalette} />
      <div className="body" id="page">
        {!connected && (
          <div className="lost" role="status">
            <span className="spinner" />
            <b>{t.lost}</b> {t.lostMore}
          </div>
        )}
        <PageOf />
      </div>
      <Palette isOpen={palette} onClose={() => setPalette(false)} />
      <StartConsent />
      <Notices />
      <Announcer />
    </div>
  );
}

/** The address holds the page, so the link only moves the focus. */
function skipToPage(event: React.MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main h1')?.focus();
}
