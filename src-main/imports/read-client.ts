import { findNodeAtLocation, parse as parseJsonc, parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { parse as parseToml, TomlError } from 'smol-toml';
import { TunnelError } from '../../shared/errors.ts';

const unreadable = (file: string, place: { line: number; column: number }, problem: string): TunnelError =>
  new TunnelError('config_unreadable', 'local', { file, ...place, problem });

/** What the parser's codes mean to whoever wrote the file. */
const jsonProblems: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word or a name stands here without double quotes',
  InvalidNumberFormat: 'a number is not written as JSON writes it',
  PropertyNameExpected: 'a name in double quotes is missing here',
  ValueExpected: 'a value is missing here',
  ColonExpected: 'a colon is missing here',
  CommaExpected: 'a comma is missing here',
  CloseBraceExpected: 'a closing } is missing here',
  CloseBracketExpected: 'a closing ] is missing here',
  EndOfFileExpected: 'something stands after its end',
  UnexpectedEndOfComment: 'a comment is not closed',
  UnexpectedEndOfString: 'a text is not closed by a double quote',
  UnexpectedEndOfNumber: 'a number ends too early',
  InvalidUnicode: 'a \\u escape is not complete',
  InvalidEscapeCharacter: 'a backslash stands before a character that needs none (write \\\\ for one)',
  InvalidCharacter: 'a control character stands in a text',
};

function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/** JSON as these programs read it: some allow comments and commas at the end. Throws `config_unreadable` with the place. */
export function readJson(file: string, text: string): unknown {
  const errors: ParseError[] = [];
  const source = withoutMark(text);
  const value: unknown = parseJsonc(source, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (!first) return value;
  const problem = jsonProblems[printParseErrorCode(first.error)] ?? 'it breaks off here';
  throw unreadable(file, placeAt(source, first.offset), `it is not JSON: ${problem}`);
}

/** Where `path` stands in a JSON text that was read. */
export function placeInJson(text: string, path: readonly string[]): { line: number; column: number } | undefined {
  const source = withoutMark(text);
  const tree = parseTree(source, [], { allowTrailingComma: true });
  const node = tree && findNodeAtLocation(tree, [...path]);
  return node && placeAt(source, (node.parent?.type === 'property' ? node.parent : node).offset);
}

/** Throws `config_unreadable` with the place. */
export function readToml(file: string, text: string): unknown {
  try {
    return parseToml(withoutMark(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    // below its first line it shows the line itself, which may hold a key
    const [said = ''] = error.message.replace(/^Invalid TOML document: */, '').split('\n');
    throw unreadable(file, { line, column }, `it is not TOML: ${said}`);
  }
}
