import { RE2JS } from 're2js';

const escapable = new Set('dDsSwW\\.^$|?*+()[]{}/-');

/**
 * Compiles an expression of the portable subset that templates may use, so that it means the same here and in the JSON
 * Schema that callers see: literals, classes, groups, alternation, anchors, quantifiers. It is matched in linear time.
 * Throws `Error` with what is wrong with it.
 */
export function compilePattern(pattern: string): (value: string) => boolean {
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character < ' ' || character > '~') throw new Error('it may hold printable ASCII characters only');
    if (character === '\\') {
      at++;
      if (!escapable.has(pattern.charAt(at)) || at >= pattern.length) throw new Error('this escape is not supported');
      continue;
    }
    if (character === '(' && pattern[at + 1] === '?' && pattern[at + 2] !== ':')
      throw new Error('of groups with ?, only (?:…) is supported');
    if (pattern.startsWith('[[:', at)) throw new Error('POSIX classes are not supported');
    if (pattern.startsWith('[]', at) || pattern.startsWith('[^]', at))
      throw new Error('a ] at the beginning of a class has to be escaped');
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(`^(?:${pattern})$`);
  } catch {
    throw new Error('it is not a regular expression');
  }
  return (value) => compiled.matches(value);
}
