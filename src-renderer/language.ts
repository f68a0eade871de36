import { useSyncExternalStore } from 'react';
import {
  language,
  languageOf,
  languages,
  onLanguage,
  setLanguage,
  type Language,
} from '../shared/messages/language.ts';
import { getState, onState } from './store.ts';

function show(next: Language): Promise<void> {
  document.documentElement.lang = next === 'pseudo' ? 'en' : next;
  return setLanguage(next);
}

/** The language of the last time, so that the first picture has it; the settings come a moment later. */
export async function startLanguage(): Promise<void> {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem('language');
  } catch {
    // Without storage the settings decide once they are there.
  }
  await show(languages.find((one) => one === kept) ?? languageOf(navigator.languages));
}

/** Follows the choice in the settings, or the system's languages. */
export function keepLanguage(): void {
  let last: string | undefined;
  onState(() => {
    const choice = getState().app?.settings.language;
    if (choice === undefined || choice === last) return;
    last = choice;
    const next = choice === 'system' ? languageOf(navigator.languages) : choice;
    try {
      if (choice === 'system') localStorage.removeItem('language');
      else localStorage.setItem('language', next);
    } catch {
      // The next start shows the system's language until the settings are there.
    }
    void show(next);
  });
}

export const useLanguage = (): Language => useSyncExternalStore(onLanguage, language);
