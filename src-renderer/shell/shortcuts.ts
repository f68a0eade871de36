import { useEffect } from 'react';
import { go, pages } from '../route.ts';

export const isMac = navigator.platform.startsWith('Mac');
export const modifier = isMac ? '⌘' : 'Ctrl';

/** Goes to what narrows down the page; false where the page has none. */
function focusFilter(): boolean {
  const filter = document.querySelector<HTMLElement>('[data-filter]');
  filter?.focus();
  return filter !== null;
}

/** Presses the page's *Save*, where there is one and something to save. */
function save(): void {
  document.querySelector<HTMLElement>('[data-save]:not(:disabled)')?.click();
}

/** What Ctrl/⌘ and a key do; false leaves the key to the window. */
function withCommand(key: string, openPalette: () => void): boolean {
  const page = pages[Number(key) - 1];
  if (page) {
    go(page);
    return true;
  }
  if (key === 'k') {
    openPalette();
    return true;
  }
  // what a dialog asks comes first
  if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return false;
  if (key === 'f') return focusFilter();
  if (key === 's') save();
  else if (key === 'n') go('wizard');
  else if (key === ',') go('settings');
  else return false;
  return true;
}

/** Ctrl/⌘ K or `?` opens everything, Ctrl/⌘ 1–6 the pages; N, S and the comma begin, save and set; F or `/` goes to the filter. */
export function useShortcuts(openPalette: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const command = isMac ? event.metaKey : event.ctrlKey;
      if (command && !event.altKey && !event.shiftKey) {
        if (withCommand(event.key.toLowerCase(), openPalette)) event.preventDefault();
        return;
      }
      const inText = event.target instanceof HTMLElement && event.target.matches('input, textarea, [contenteditable]');
      if (command || event.altKey || inText || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      if (event.key === '?') openPalette();
      else if (event.key !== '/' || !focusFilter()) return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [openPalette]);
}
