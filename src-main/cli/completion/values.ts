import { readdir } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { isProfileName } from '../../../shared/profile-name.ts';
import { profileExtensions, profileFolders, searchedFolders } from '../../settings/folders.ts';
import type { Env } from '../../settings/layers.ts';
import { helpTopics } from '../help/help-topics.ts';

export interface Offered {
  readonly word: string;
  /** One line about it, or nothing. */
  readonly text: string;
}

/** The words that fit; or that the shell is to look for files or folders itself. */
export interface Offer {
  readonly kind: 'words' | 'files' | 'folders';
  readonly words: readonly Offered[];
}

export interface Asked {
  readonly choices: readonly string[] | undefined;
  /** What stands between < and > of the flag or argument: it says what its values are. */
  readonly placeholder: string;
  readonly typed: string;
  readonly program: Command;
  readonly before: readonly string[];
  readonly profileDir: string | undefined;
  readonly env: Env;
}

const plain = (words: readonly string[]): Offered[] => words.map((word) => ({ word, text: '' }));

/** Names of files alone: nothing is read, so that a key press does not wait for YAML. */
async function profileNames({ env, profileDir }: Asked): Promise<Offered[]> {
  const folders = searchedFolders(profileFolders(env, profileDir));
  const found = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  const names = found
    .flat()
    .filter((file) => profileExtensions.some((extension) => extension === extname(file)))
    .map((file) => basename(file, extname(file)))
    // a shell may run what other names hold: bash and PowerShell put them on the line as they are
    .filter(isProfileName);
  return plain([...new Set(names)].sort());
}

const variables = (env: Env): Offered[] =>
  plain(
    Object.keys(env)
      .filter((name) => /^[A-Za-z]\w*$/.test(name))
      .map((name) => `env:${name}`)
      .sort(),
  );

const aboutHelp = ({ program, before }: Asked): Offered[] => {
  let command: Command | undefined = program;
  for (const word of before.slice(1)) command = command?.commands.find((sub) => sub.name() === word);
  if (!command) return [];
  const commands = command.createHelp().visibleCommands(command);
  const topics = before.length > 1 ? [] : Object.keys(helpTopics);
  return [
    ...commands.map((sub) => ({ word: sub.name(), text: sub.summary() || sub.description() })),
    ...topics.map((word) => ({ word, text: 'a page' })),
  ];
};

/** What a value may be, by the placeholder of its flag or argument. */
async function offerOf(asked: Asked): Promise<Offer> {
  const { choices, placeholder, typed, env } = asked;
  const words = (found: readonly Offered[]): Offer => ({ kind: 'words', words: found });
  if (choices) return words(plain(choices));
  switch (placeholder) {
    case 'file':
    case 'path':
      return { kind: 'files', words: [] };
    case 'folder':
      return { kind: 'folders', words: [] };
    case 'bool':
      return words(plain(['true', 'false']));
    case 'profile':
      return words(await profileNames(asked));
    case 'profile|file':
      return { kind: 'files', words: await profileNames(asked) };
    case 'sample': {
      const { samples } = await import('../../profiles/samples.ts');
      return words(
        samples.flatMap(({ name, aliases, summary }) => [name, ...aliases].map((word) => ({ word, text: summary }))),
      );
    }
    case 'about':
      return words(aboutHelp(asked));
    case 'ref':
      if (typed.startsWith('file:')) return { kind: 'files', words: [] };
      return words(typed.startsWith('env:') ? variables(env) : plain(['env:', 'file:', 'keychain:']));
    default:
      return words([]);
  }
}

export async function valuesOf(asked: Asked): Promise<Offer> {
  const { kind, words } = await offerOf(asked);
  return { kind, words: words.filter(({ word }) => word.startsWith(asked.typed)) };
}
