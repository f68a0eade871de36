import { TYPE, parse, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { afterEach, expect, test } from 'vitest';
import { catalogue, format } from '../../shared/messages/catalogue.ts';
import { pages as german } from '../../shared/messages/de/pages.ts';
import { pages as english } from '../../shared/messages/en/pages.ts';
import { pages as french } from '../../shared/messages/fr/pages.ts';
import { languageOf, setLanguage } from '../../shared/messages/language.ts';
import { msg } from '../../shared/messages/message.ts';

function sentences(node: unknown, path = ''): Map<string, string> {
  if (typeof node === 'string') return new Map([[path, node]]);
  return new Map(
    Object.entries(node as object).flatMap(([name, child]) => [
      ...sentences(child, path === '' ? name : `${path}.${name}`),
    ]),
  );
}

function parameters(elements: readonly MessageFormatElement[]): Set<string> {
  return new Set(
    elements.flatMap((element): string[] => {
      if (element.type === TYPE.literal || element.type === TYPE.pound) return [];
      if (element.type === TYPE.select || element.type === TYPE.plural)
        return [element.value, ...Object.values(element.options).flatMap(({ value }) => [...parameters(value)])];
      return element.type === TYPE.tag ? [] : [element.value];
    }),
  );
}

const of = (text: string): string[] => [...parameters(parse(text, { ignoreTag: true }))].sort();

const areas = [['pages', english, german, french]] as const;

test.each(areas)(
  'every sentence of %s is there in German and French, valid and with the same parameters',
  (_name, ...all) => {
    const [en, ...others] = all.map((one) => sentences(one));
    expect(en?.size).toBeGreaterThan(0);
    for (const other of others) {
      expect([...other.keys()].sort()).toEqual([...(en?.keys() ?? [])].sort());
      for (const [path, text] of other) expect([path, of(text)]).toEqual([path, of(en?.get(path) ?? '')]);
    }
  },
);

test.each(areas)('no sentence of %s is left in English', (_name, ...all) => {
  const [en, ...others] = all.map((one) => sentences(one));
  for (const other of others) {
    const same = [...other].filter(
      ([path, text]) =>
        text === en?.get(path) &&
        text
          .replaceAll(/\{[^}]*\}/g, '')
          .trim()
          .split(/\s+/).length > 5,
    );
    expect(same).toEqual([]);
  }
});

afterEach(() => setLanguage('en'));

const trial = catalogue(
  { plain: 'Plain', calls: msg<[n: number]>('{0, plural, one {# call} other {# calls}}'), list: ['One', 'Two'] },
  {
    de: () =>
      Promise.resolve({
        plain: 'Schlicht',
        calls: '{0, plural, one {# Aufruf} other {# Aufrufe}}',
        list: ['Eins', 'Zwei'],
      }),
    fr: () =>
      Promise.resolve({ plain: 'Simple', calls: '{0, plural, one {# appel} other {# appels}}', list: ['Un', 'Deux'] }),
  },
);

test('a catalogue speaks the language that is set, with its numbers and plural forms', async () => {
  expect([trial.plain, trial.calls(1), trial.calls(1234)]).toEqual(['Plain', '1 call', '1,234 calls']);
  await setLanguage('de');
  expect([trial.plain, trial.calls(1), trial.calls(1234), trial.list]).toEqual([
    'Schlicht',
    '1 Aufruf',
    '1.234 Aufrufe',
    ['Eins', 'Zwei'],
  ]);
  await setLanguage('fr');
  expect(trial.calls(0)).toBe('0 appel');
});

test('the pseudo-language is longer, accented, and still takes its parameters', async () => {
  await setLanguage('pseudo');
  expect(trial.plain).toMatch(/^\[Pláíñ·+\]$/u);
  expect(trial.calls(2)).toMatch(/^\[2 çálls·+\]$/u);
});

test('a parameter that is missing or empty is none; braces and tags in values stay text', () => {
  expect(format('a{x, select, none {} other { ({x})}}', {})).toBe('a');
  expect(format('a{x, select, none {} other { ({x})}}', { x: '<b>{y}' })).toBe('a (<b>{y})');
});

test('a language is found by its tag, whatever its form', () => {
  expect(['de-AT', 'fr_CA.UTF-8', 'C', 'es'].map((tag) => languageOf([tag]))).toEqual(['de', 'fr', 'en', 'en']);
  expect(languageOf(['es', 'fr', 'de'])).toBe('fr');
});
