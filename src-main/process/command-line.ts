import { TunnelError } from '../../shared/errors.ts';
import { type Environment, variable } from './environment.ts';

/** Where the quote or escape that never ends begins. Columns count from 1, in characters. */
function unfinished(problem: string, index: number): TunnelError {
  return new TunnelError('config_invalid', 'local', {
    field: 'command',
    column: index + 1,
    problem,
    hint: 'Close the quote, or put a backslash before it.',
  });
}

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\n' || character === '\r';

/** What a backslash escapes between double quotes (POSIX 2.2.3); before anything else it stands for itself. */
const escapedInQuotes = '"\\$`\n';

class Splitter {
  readonly #text: string;
  readonly #windows: boolean;
  readonly #words: string[] = [];
  #word: string | undefined;
  #at = 0;

  constructor(text: string, windows: boolean) {
    this.#text = text;
    this.#windows = windows;
  }

  split(): string[] {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (isSpace(character)) this.#endWord();
      else if (character === "'") this.#single();
      else if (character === '"') this.#double();
      else if (character === '\\') this.#backslash(false);
      else this.#add(character ?? '');
    }
    this.#endWord();
    return this.#words;
  }

  #add(characters: string, consumed = characters.length): void {
    this.#word = (this.#word ?? '') + characters;
    this.#at += consumed;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
    this.#at += 1;
  }

  #single(): void {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close < 0) throw unfinished('a single quote is not closed', this.#at);
    this.#add(this.#text.slice(this.#at + 1, close), close + 1 - this.#at);
  }

  #double(): void {
    const open = this.#at;
    this.#add('', 1);
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw unfinished('a double quote is not closed', open);
      if (character === '"') break;
      if (character === '\\') this.#backslash(true);
      else this.#add(character);
    }
    this.#add('', 1);
  }

  #backslash(quoted: boolean): void {
    if (this.#windows) this.#windowsBackslashes();
    else this.#posixBackslash(quoted);
  }

  #posixBackslash(quoted: boolean): void {
    const escaped = this.#text[this.#at + 1];
    if (escaped === undefined) throw unfinished('nothing follows the last backslash', this.#at);
    if (quoted && !escapedInQuotes.includes(escaped)) this.#add('\\');
    else if (escaped === '\n') this.#at += 2;
    else this.#add(escaped, 2);
  }

  /** As the C runtime on Windows does: backslashes are path separators, unless they end at a double quote. */
  #windowsBackslashes(): void {
    const run = /^\\+/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    if (this.#text[this.#at + run] !== '"') this.#add('\\'.repeat(run));
    else if (run % 2 === 0) this.#add('\\'.repeat(run / 2), run);
    else this.#add(`${'\\'.repeat((run - 1) / 2)}"`, run + 1);
  }
}

/**
 * Splits a command into program and arguments as a shell splits words: quotes and escapes, nothing else. It is never run
 * by a shell: `;`, `|`, `$HOME`, `*` and `#` are ordinary characters. On Windows a backslash is a path separator, and
 * `%APPDATA%` stands for the variable of that name, where there is one: nothing there expands it for a program that is
 * started directly.
 * Throws `TunnelError` `config_invalid` with the column (from 1) of a quote that is not closed, or when there is no word.
 */
export function splitCommand(
  command: string,
  platform: NodeJS.Platform = process.platform,
  environment: Environment = process.env,
): [string, ...string[]] {
  const words = new Splitter(command, platform === 'win32').split();
  const [program, ...args] = platform === 'win32' ? words.map((word) => expanded(word, environment)) : words;
  if (program === undefined || program === '') {
    throw new TunnelError('config_invalid', 'local', { field: 'command', column: 1, problem: 'it names no program' });
  }
  return [program, ...args];
}

/** Names of Windows' own variables may hold brackets: `%ProgramFiles(x86)%`. */
const expanded = (word: string, environment: Environment): string =>
  word.replaceAll(/%([\w()]{1,100})%/g, (whole, name: string) => variable(environment, name, 'win32') ?? whole);

/** An argument as Windows' programs split it: backslashes before a quote, and at the end, are doubled. */
export function quotedForWindows(argument: string): string {
  let quoted = '"';
  let backslashes = 0;
  for (const character of argument) {
    if (character === '"') quoted += `${'\\'.repeat(backslashes + 1)}"`;
    else quoted += character;
    backslashes = character === '\\' ? backslashes + 1 : 0;
  }
  return `${quoted}${'\\'.repeat(backslashes)}"`;
}

const plain = /^[A-Za-z0-9_@%+=:,./~-]+$/;
const plainOnWindows = /^[A-Za-z0-9_@%+=:,./~\\-]+$/;

/** The command that `splitCommand` splits into exactly these words: for servers set up elsewhere as program and arguments. */
export function joinCommand(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  return words
    .map((word) => {
      if (platform !== 'win32') return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
      if (plainOnWindows.test(word)) return word;
      return quotedForWindows(word);
    })
    .join(' ');
}
