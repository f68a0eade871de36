export interface YamlPiece {
  readonly text: string;
  readonly kind: 'plain' | 'key' | 'comment' | 'value';
}

const line = /^(\s*(?:- +)*)((?:"[^"]*"|'[^']*'|[^\s#'"{}[\],:][^#:]*?)\s*:(?=\s|$))?(.*)$/;

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
  const [, lead = '', key = '', value = ''] = line.exec(text.slice(0, end)) ?? [];
  const pieces: YamlPiece[] = [
    { text: lead, kind: 'plain' },
    { text: key, kind: 'key' },
    { text: value, kind: 'value' },
    { text: text.slice(end), kind: 'comment' },
  ];
  return pieces.filter((piece) => piece.text !== '');
}
