import { getState, onState } from './store.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Keeps `data-theme` at the choice in the settings, or at the system's; before.js reads the choice on the next start. */
export function keepTheme(): void {
  const apply = (): void => {
    const choice = getState().app?.settings.theme;
    if (choice === undefined) return;
    const isDark = choice === 'dark' || (choice === 'system' && dark.matches);
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
    try {
      localStorage.setItem('theme', choice);
    } catch {
      // Without storage the next start follows the system until the settings are there.
    }
  };
  dark.addEventListener('change', apply);
  onState(apply);
}
