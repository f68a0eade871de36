import { IntlMessageFormat } from 'intl-messageformat';
import { beforeLanguage, language, locale, type Language } from './language.ts';
import type { Node, Spoken, Translated } from './message.ts';
import { pseudo } from './pseudo.ts';

type Value = string | number | boolean | undefined;

const compiled = new Map<string, IntlMessageFormat>();

/** Fills in an ICU message. What is missing or empty is `none`, so that `select` can leave out what would need it. */
export function format(text: string, values: Readonly<Record<string, Value>>): string {
  if (!text.includes('{')) return text;
  const key = `${locale()} ${text}`;
  let message = compiled.get(key);
  if (!message) {
    message = new IntlMessageFormat(text, locale(), undefined, { ignoreTag: true });
    compiled.set(key, message);
  }
  const said = new Proxy(values, {
    has: () => true,
    get: (all, name: string) => {
      const value = all[name];
      return value === undefined || value === '' ? 'none' : typeof value === 'boolean' ? String(value) : value;
    },
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
  });
  return String(message.format(said));
}

const isText = (node: Node | undefined): node is string => typeof node === 'string';

/**
 * The sentences of one area, as functions and texts that speak the language set at the moment they are read. English is
 * always there; another language is loaded when it is chosen.
 */
export function catalogue<T extends object>(
  english: T,
  others: Readonly<Record<'de' | 'fr', () => Promise<Translated<T>>>>,
): Spoken<T> {
  const loaded = new Map<Language, Node>([['en', english as unknown as Node]]);
  beforeLanguage(async (next) => {
    if ((next === 'de' || next === 'fr') && !loaded.has(next)) loaded.set(next, await others[next]());
  });
  const read = (path: readonly string[]): Node | undefined => {
    let node: Node | undefined = loaded.get(language()) ?? loaded.get('en');
    for (const name of path)
      node = isText(node) || node === undefined ? undefined : (node as Record<string, Node>)[name];
    return node;
  };
  const say = (text: string, values?: readonly Value[]): string => {
    const sentence = language() === 'pseudo' ? pseudo(text) : text;
    return values ? format(sentence, Object.fromEntries(values.entries())) : sentence;
  };
  const speak = (node: Node, path: readonly string[]): unknown => {
    if (isText(node)) {
      if (!node.includes('{')) return undefined;
      return (...values: readonly Value[]) => say((read(path) as string | undefined) ?? node, values);
    }
    const group = {};
    for (const [name, child] of Object.entries(node)) {
      const place = [...path, name];
      if (isText(child) && !child.includes('{'))
        Object.defineProperty(group, name, { enumerable: true, get: () => say(read(place) as string) });
      else if (Array.isArray(child))
        Object.defineProperty(group, name, {
          enumerable: true,
          get: () => (read(place) as readonly string[]).map((one) => say(one)),
        });
      else Object.defineProperty(group, name, { enumerable: true, value: speak(child, place) });
    }
    return group;
  };
  return speak(english as unknown as Node, []) as Spoken<T>;
}
