/** The languages of the sentences; `pseudo` lengthens and accents the English ones, to show what is too narrow. */
export const languages = ['en', 'de', 'fr', 'pseudo'] as const;
export type Language = (typeof languages)[number];

type Load = (language: Language) => Promise<void>;

let current: Language = 'en';
const loads = new Set<Load>();
const listeners = new Set<() => void>();

export const language = (): Language => current;

/** For numbers and dates. */
export const locale = (): string => (current === 'pseudo' ? 'en' : current);

/** Has a catalogue load its sentences before the language changes. */
export function beforeLanguage(load: Load): void {
  loads.add(load);
}

export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Changes the language of every sentence said from then on. */
export async function setLanguage(next: Language): Promise<void> {
  await Promise.all([...loads].map((load) => load(next)));
  if (next === current) return;
  current = next;
  for (const listener of listeners) listener();
}

/** The first of `wanted` (such as `de-AT` or `fr_FR.UTF-8`) that there is, else English. */
export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [name] = tag.toLowerCase().split(/[-_.@]/, 1);
    if (name === 'en' || name === 'de' || name === 'fr') return name;
  }
  return 'en';
}
