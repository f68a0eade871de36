import { catalogue } from '../shared/messages/catalogue.ts';
import { pages } from '../shared/messages/en/pages.ts';

/** Every sentence on the pages, but for errors and verdicts, which all parts of Culvert share. */
export const t = catalogue(pages, {
  de: async () => (await import('../shared/messages/de/pages.ts')).pages,
  fr: async () => (await import('../shared/messages/fr/pages.ts')).pages,
});
