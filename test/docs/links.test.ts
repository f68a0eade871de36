import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../src-main/cli/main.ts';
import { options } from '../../src-main/settings/options.ts';

const inDocs = (await readdir('docs', { recursive: true })).filter((name) => name.endsWith('.md'));
const atRoot = (await readdir('.')).filter((name) => name.endsWith('.md'));
const files = [...atRoot, ...inDocs.map((name) => join('docs', name))];
const texts = new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)));

const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** As GitHub names the place of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```.*?^```/gms, '').matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => anchor(heading));

function linksOf(text: string): string[] {
  const plain = withoutCode(text);
  const inText = [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const pictures = [...plain.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...inText, ...pictures].filter((target) => !/^[a-z]+:/i.test(target));
}

describe.each([...texts])('%s', (file, text) => {
  test('every relative link leads to a file, and to a heading of it', () => {
    const broken = linksOf(text).filter((target) => {
      const [path = '', place] = target.split('#');
      const found = path === '' ? file : join(dirname(file), path);
      if (!existsSync(found)) return true;
      return place !== undefined && !anchorsOf(texts.get(found) ?? '').includes(place);
    });
    expect(broken).toEqual([]);
  });
});

interface Known {
  /** What its help says. */
  readonly help: string;
  readonly subcommands: ReadonlyMap<string, Known>;
}

/** The command line as its own help tells it. */
async function learn(words: readonly string[]): Promise<Known> {
  let help = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    help += String(chunk);
    return true;
  });
  await main([...words, '--help']).finally(() => write.mockRestore());
  const list = /^Commands:\n((?:^ .*\n)+)/m.exec(help)?.[1] ?? '';
  const subcommands = new Map<string, Known>();
  for (const [, name = ''] of list.matchAll(/^ {2}(\S+)/gm)) {
    subcommands.set(name, name === 'help' ? { help: '', subcommands: new Map() } : await learn([...words, name]));
  }
  return { help, subcommands };
}

/** Commands in fenced blocks: a line, with what a backslash at its end continues, without comments and what is piped on. */
function commandsOf(text: string): string[][] {
  const blocks = [...text.matchAll(/^```[a-z]*\n(.*?)^```/gms)].map(([, body = '']) => body);
  const lines = blocks.flatMap((body) => body.replaceAll(/\\\n\s*/g, ' ').split('\n'));
  return lines.flatMap((line) => {
    const found =
      /(?:^ *|[;&|] *|=)(?:[A-Z_]+=\S+ )*(?:npx |[\w/]*\/env )?(?:culvert|npm start --) +(?=[a-z-])(.*)/.exec(
        line,
      )?.[1];
    if (found === undefined) return [];
    const bare = found.replace(/"[^"]*"|'[^']*'/g, '"…"').split(/\s{2,}|\s[#|>&;]|;/)[0] ?? '';
    return [bare.trim().split(/ +/)];
  });
}

const optionFlags = new Set(options.flatMap(({ flag, aliases = [] }) => [flag, ...aliases].map((name) => `--${name}`)));

/** Undefined, or the word that the command line would not take. */
function unknownWord(words: readonly string[], program: Known): string | undefined {
  let known = program;
  for (const [index, word] of words.entries()) {
    const next = known.subcommands.get(word);
    if (next) known = next;
    else if (word.startsWith('-')) {
      const [flag = ''] = word.replace(/[`.,]+$/, '').split('=');
      const isListed = new RegExp(`(?:^|[\\s,])${flag.replaceAll('.', '\\.')}(?![\\w.-])`, 'm').test(known.help);
      if (!isListed && !(known.help.includes('--mcp.command') && optionFlags.has(flag))) return flag;
    } else if (index === 0 || known.subcommands.size > 0) return word;
  }
  return undefined;
}

describe('the command line in the documents', () => {
  let program: Known;
  beforeAll(async () => {
    program = await learn([]);
  });

  test('is learnt from its help', () => {
    expect([...program.subcommands.keys()]).toEqual(expect.arrayContaining(['run', 'demo', 'profiles', 'relay']));
    expect(unknownWord(['run', '--profile', 'work'], program)).toBeUndefined();
    expect(unknownWord(['run', '--no-such-flag'], program)).toBe('--no-such-flag');
    expect(unknownWord(['no-such-command'], program)).toBe('no-such-command');
    expect(unknownWord(['profiles', 'no-such-command'], program)).toBe('no-such-command');
  });

  test.each([...texts])('%s names known commands and flags alone', (_file, text) => {
    const unknown = commandsOf(text).flatMap((words) => {
      // COMMAND stands for any of them
      if (words[0] === 'COMMAND' || words[0] === '…') return [];
      const word = unknownWord(words, program);
      return word === undefined ? [] : [`culvert ${words.join(' ')}: ${word}`];
    });
    expect(unknown).toEqual([]);
  });
});
