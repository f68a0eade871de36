import { useEffect } from 'react';
import { go, pages } from '../route.ts';

export const isMac = navigator.platform.startsWith('Mac');
export const modifier = isMac ? '⌘' : 'Ctrl';

/** Ctrl/⌘ K opens everything, Ctrl/⌘ 1–6 the pages, `/` the filter of the page. */
export function useShortcuts(openPalette: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const command = isMac ? event.metaKey : event.ctrlKey;
      if (command && !event.altKey && !event.shiftKey) {
        const page = pages[Number(event.key) - 1];
        if (event.key.toLowerCase() === 'k') openPalette();
        else if (page) go(page);
        else return;
        event.preventDefault();
        return;
      }
      const inText = event.target instanceof HTMLElement && event.target.matches('input, textarea, [contenteditable]');
      if (event.key === '/' && !inText && !document.querySelector('[role="dialog"]')) {
        const filter = document.querySelector<HTMLElement>('[data-filter]');
        if (filter) {
          filter.focus();
          event.preventDefault();
        }
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [openPalette]);
}
