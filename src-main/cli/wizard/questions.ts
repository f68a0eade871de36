import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { TunnelError } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/messages.ts';
import { wrapped } from '../help/wrap.ts';

/** The person left, by Ctrl C, Ctrl D or a closed terminal. */
export class LeftError extends Error {
  override readonly name = 'LeftError';
}

export interface Question<Answer> {
  readonly text: string;
  /** What an empty answer means. */
  readonly usual?: string | undefined;
  /** Not shown while it is typed, and nowhere remembered. */
  readonly secret?: boolean;
  /** The answer, or a `TunnelError` or a sentence that says why it is none: it is asked again then. */
  readonly check: (typed: string) => Answer | Problem | Promise<Answer | Problem>;
}

export class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Somebody at a terminal. */
export interface Questions {
  readonly say: (text: string) => void;
  /** Asks until the answer is one. Rejects with `LeftError`. */
  ask<Answer>(question: Question<Answer>): Promise<Answer>;
  readonly confirm: (text: string, usual: boolean) => Promise<boolean>;
  readonly columns: number;
}

/** Columns for an answer beside its question; with less it gets a line of its own. */
const leastRoom = 8;

interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Runs `body` with a terminal to ask at, and leaves the terminal as it was, whatever happens. */
export async function withQuestions<Result>(
  { input, output }: Terminal,
  body: (questions: Questions) => Promise<Result>,
): Promise<Result> {
  let muted = false;
  const screen = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!muted) output.write(chunk);
      done();
    },
  });
  // readline wraps long answers by it
  Object.defineProperty(screen, 'columns', { get: () => output.columns });
  const reader = createInterface({ input, output: screen, terminal: true, historySize: 0 });
  let left: ((reason: LeftError) => void) | undefined;
  const gone = new Promise<never>((_resolve, reject) => {
    left = reject;
  });
  gone.catch(() => undefined);
  reader.once('SIGINT', () => left?.(new LeftError()));
  reader.once('close', () => left?.(new LeftError()));

  const line = async (prompt: string, secret: boolean): Promise<string> => {
    output.write(secret ? prompt : '');
    muted = secret;
    try {
      const typed = new Promise<string>((resolve) => reader.question(secret ? '' : prompt, resolve));
      return (await Promise.race([typed, gone])).trim();
    } finally {
      if (secret) output.write('\n');
      muted = false;
    }
  };

  const questions: Questions = {
    say: (text) => void output.write(`${wrapped(text, questions.columns - 1)}\n`),
    async ask({ text, usual, secret = false, check }) {
      const question = `${text}${usual === undefined ? '' : ` [${usual}]`}:`;
      const isNarrow = question.length + leastRoom > questions.columns;
      for (;;) {
        if (isNarrow) questions.say(question);
        const typed = await line(isNarrow ? '> ' : `${question} `, secret);
        const answer = await attempt(() => check(typed === '' ? (usual ?? '') : typed));
        if (!(answer instanceof Problem)) return answer;
        questions.say(`  ${answer.text}`);
      }
    },
    confirm: (text, usual) =>
      questions.ask({
        text: `${text} ${usual ? '[Y/n]' : '[y/N]'}`,
        check: (typed) => {
          if (typed === '') return usual;
          const [first] = typed.toLowerCase();
          return first === 'y' ? true : first === 'n' ? false : new Problem('Answer y or n.');
        },
      }),
    get columns() {
      return output.columns || 80;
    },
  };
  try {
    return await Promise.race([body(questions), gone]);
  } catch (error) {
    if (error instanceof LeftError) output.write('\n');
    throw error;
  } finally {
    reader.close();
  }
}

async function attempt<Answer>(check: () => Answer | Problem | Promise<Answer | Problem>): Promise<Answer | Problem> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof TunnelError) return new Problem(sentence(error));
    throw error;
  }
}

/** `text` in at most `width` columns. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
