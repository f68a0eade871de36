import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { helpTopics } from '../../src-main/cli/help/help-topics.ts';
import { createProgram } from '../../src-main/cli/main.ts';
import { splitCommand } from '../../src-main/process/command-line.ts';

const program = createProgram(() => undefined);

/** Every command with its path, but the one for scripts. */
function commandsOf(command: Command, path: readonly string[] = []): (readonly [string, Command])[] {
  const below = command.commands.flatMap((sub) => commandsOf(sub, [...path, sub.name()]));
  return [[path.join(' '), command], ...below];
}
const commands = commandsOf(program);

function helpText(command: Command): string {
  let text = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (part) => (text += part) });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}

const pages: (readonly [string, string])[] = [
  ...commands.map(([path, command]) => [`culvert ${path} --help`, helpText(command)] as const),
  ...Object.entries(helpTopics).map(([topic, text]) => [`culvert help ${topic}`, text] as const),
];

test.each(pages)('%s fits 80 columns', (_name, text) => {
  expect(text.length).toBeGreaterThan(50);
  // a word that is longer than its column stays whole
  const tooLong = text.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
  expect(tooLong).toEqual([]);
});

/** The command lines of an example: without what stands beside them, and without what follows a pipe or a redirection. */
function examplesIn(text: string): string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.flatMap((line) => {
    const [, example] = /^\s*(?:\$ )?(culvert(?: .*)?)$/.exec(line) ?? [];
    return example === undefined ? [] : [example.split(/ {2,}| [#|>]| && | …/, 1)[0]?.trim() ?? ''];
  });
}

/** What is wrong with a command line in the eyes of the table that the program is parsed with. */
function mistakeIn(line: string): string | undefined {
  const words = splitCommand(line).slice(1);
  let command = program;
  let positional = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') positional += words.splice(index + 1).length;
    else if (/^-./.test(word)) {
      const [name = '', value] = word.split(/=(.*)/s);
      if (name === '--help' || name === '--version') continue;
      const option = command.options.find(({ long, short }) => long === name || short === name);
      if (!option) return `no flag ${name}`;
      const given = value ?? (option.required ? words[++index] : undefined);
      if (option.required && given === undefined) return `${name} wants a value`;
      if (option.argChoices && given !== undefined && !option.argChoices.includes(given))
        return `${given} is none of ${name}`;
    } else {
      const sub = positional === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (sub) command = sub;
      else positional += 1;
    }
  }
  const { registeredArguments: wanted } = command;
  if (positional > wanted.length && wanted.at(-1)?.variadic !== true) return `too much after ${command.name()}`;
  const isOverview = words.length <= 1 || words.includes('--help');
  if (!isOverview && positional < wanted.filter(({ required }) => required).length)
    return `${command.name()} wants more`;
  return undefined;
}

const mistakes = (text: string): string[] =>
  examplesIn(text).flatMap((line) => {
    const mistake = mistakeIn(line);
    return mistake === undefined ? [] : [`${line}: ${mistake}`];
  });

test('each example of the help is a command line that is understood', () => {
  const text = pages.map(([, page]) => page).join('\n');
  expect(examplesIn(text).length).toBeGreaterThan(30);
  expect(mistakes(text)).toEqual([]);
});

const documents = [
  'README.md',
  ...(await readdir('docs')).filter((file) => file.endsWith('.md')).map((file) => join('docs', file)),
];

test.each(documents)('each example of %s is a command line that is understood', async (file) => {
  const text = await readFile(file, 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh|bash|console)?\n(.*?)^```/gms)].map(([, block = '']) => block);
  expect(mistakes(blocks.join('\n'))).toEqual([]);
  // in a sentence a command may be named without all that it wants
  const named = [...text.matchAll(/`(culvert [^`]+)`/g)].map(([, line = '']) => line.replaceAll('\\|', '|'));
  const wrong = mistakes(named.filter((line) => !line.includes('COMMAND')).join('\n'));
  expect(wrong.filter((mistake) => !/ wants (more|a value)$/.test(mistake))).toEqual([]);
});

test('an example that is wrong would be found', () => {
  expect(mistakes('culvert run --profil x')).toEqual(['culvert run --profil x: no flag --profil']);
  expect(mistakes('culvert profiles export x --format helm')).toHaveLength(1);
  expect(mistakes('culvert profiles check a b')).toHaveLength(1);
});
