export interface YamlPiece {
  readonly text: string;
  readonly kind: 'plain' | 'key' | 'comment' | 'value';
}

/** Where the indentation and the dashes of list items end. */
function leadOf(text: string): number {
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    if (text[at] !== '-' || text[at + 1] !== ' ') return at;
    at++;
  }
}

/** Where a key that begins at `from` ends, its colon included; `from` where there is none. */
function keyEnd(text: string, from: number): number {
  const first = text.charAt(from);
  const isQuoted = first === '"' || first === "'";
  const after = isQuoted ? text.indexOf(first, from + 1) + 1 : from;
  if ((isQuoted && after === 0) || (!isQuoted && (first === '' || '#{}[],:'.includes(first)))) return from;
  const colon = text.indexOf(':', after);
  if (colon < 0 || (isQuoted && text.slice(after, colon).trim() !== '')) return from;
  return colon + 1 === text.length || /\s/.test(text.charAt(colon + 1)) ? colon + 1 : from;
}

/** Where a comment begins: a `#` after a blank and outside quotes. */
function commentAt(text: string): number {
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (at === 0 || /\s/.test(text[at - 1] ?? ''))) return at;
  }
  return text.length;
}

/** A line of YAML in coloured pieces which, put together, are the line again. It colours; it does not judge. */
export function tintYaml(text: string): readonly YamlPiece[] {
  const end = commentAt(text);
  const code = text.slice(0, end);
  const lead = leadOf(code);
  const key = keyEnd(code, lead);
  const pieces: YamlPiece[] = [
    { text: code.slice(0, lead), kind: 'plain' },
    { text: code.slice(lead, key), kind: 'key' },
    { text: code.slice(key), kind: 'value' },
    { text: text.slice(end), kind: 'comment' },
  ];
  return pieces.filter((piece) => piece.text !== '');
}
