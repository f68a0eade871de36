import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';

/** A word for `sh`. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

export const keys = { tab: '\t', enter: '\r', ctrlC: '\x03', ctrlD: '\x04', ctrlU: '\x15', backspace: '\x7f' } as const;

/** A program in a terminal of its own, with somebody who types. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #raw = '';
  #seen = 0;
  readonly ended: Promise<number | null>;

  constructor(command: readonly string[], env: Readonly<Record<string, string | undefined>>, columns = 80) {
    const line = `stty cols ${columns} rows 40; exec ${command.map(quoted).join(' ')}`;
    this.#child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
    });
    // as text, so that a letter of several bytes may come in two pieces
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#raw += text));
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** All that was written, as it was. */
  get raw(): string {
    return this.#raw;
  }

  get text(): string {
    return stripVTControlCharacters(this.#raw).replace(/\r+\n/g, '\n');
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until something new matches; what comes before its end counts as old then. */
  async sees(what: RegExp | string): Promise<string> {
    const pattern = typeof what === 'string' ? new RegExp(what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : what;
    await expect.poll(() => this.text.slice(this.#seen), { interval: 20 }).toMatch(pattern);
    const fresh = this.text.slice(this.#seen);
    const match = pattern.exec(fresh);
    this.#seen += (match?.index ?? 0) + (match?.[0].length ?? 0);
    return fresh;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      // the terminal is gone with it: the kernel hangs up on what ran there
      this.#child.kill('SIGKILL');
    }
    await this.ended;
  }
}
