const accents: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'é',
  i: 'í',
  o: 'ó',
  u: 'ú',
  A: 'Á',
  E: 'É',
  O: 'Ó',
  c: 'ç',
  n: 'ñ',
};

/** Accents and lengthens a sentence by a third, and leaves alone what ICU reads. */
export function pseudo(text: string): string {
  const syntax = /\{\d+\}|\{\w+, *(?:plural|select|number|selectordinal)|=?\w{1,40} (?=\{)|[{}]/g;
  let said = '';
  let at = 0;
  for (const match of text.matchAll(syntax)) {
    said += accent(text.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  said += accent(text.slice(at));
  return `[${said}${'·'.repeat(Math.ceil(text.length / 3))}]`;
}

const accent = (text: string): string => text.replaceAll(/[aeiouAEOcn]/g, (letter) => accents[letter] ?? letter);
