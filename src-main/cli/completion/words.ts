import type { Argument, Command, Option } from 'commander';
import type { Env } from '../../settings/layers.ts';
import { valuesOf, type Offer, type Offered } from './values.ts';

/** Where on the command line the word stands that is being typed. */
interface Place {
  readonly command: Command;
  /** Arguments of the command that stand before it. */
  readonly positional: number;
  /** A flag before it that wants a value, and whether it does without. */
  readonly flag?: Option | undefined;
  /** After `--`: no flag any more. */
  readonly plain: boolean;
  readonly profileDir?: string | undefined;
}

const nameOf = (word: string): string => word.split('=', 1)[0] ?? word;

const flagOf = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => nameOf(word) === long || word === short);

/** Follows the words from the program down to the command that they mean, as the parser does. */
function placeOf(program: Command, before: readonly string[]): Place {
  let command = program;
  let positional = 0;
  let plain = false;
  let flag: Option | undefined;
  let profileDir: string | undefined;
  for (const word of before) {
    const wanting = flag;
    flag = undefined;
    if (!plain && word === '--') plain = true;
    else if (wanting && (wanting.required || !word.startsWith('-'))) {
      if (wanting.long === '--profile-dir') profileDir = word;
    } else if (!plain && word.startsWith('-')) {
      const given = flagOf(command, word);
      if (word.includes('=')) {
        if (given?.long === '--profile-dir') profileDir = word.slice(word.indexOf('=') + 1);
      } else if (given && (given.required || given.optional)) flag = given;
    } else {
      const next = positional === 0 && !plain ? command.commands.find((sub) => sub.name() === word) : undefined;
      if (next) command = next;
      else positional += 1;
    }
  }
  return { command, positional, plain, flag, profileDir };
}

/** All flags with this beginning; those that the help leaves out (aliases) only where none of the others fits. */
function flagsFor(command: Command, current: string): Offered[] {
  const visible = command.createHelp().visibleOptions(command);
  const offered = (options: readonly Option[]): Offered[] =>
    options.flatMap(({ long, description }) =>
      long?.startsWith(current) === true ? [{ word: long, text: description }] : [],
    );
  const found = offered(visible);
  return found.length > 0 ? found : offered(command.options);
}

const argumentAt = ({ registeredArguments: all }: Command, index: number): Argument | undefined =>
  all[index] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined);

const placeholder = (flags: string): string => /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';

/**
 * What may stand next: from the very table that the commands are parsed with.
 *
 * @param before - the words between the program and the one that is being typed
 */
export async function completeWords(
  program: Command,
  before: readonly string[],
  current: string,
  env: Env,
): Promise<Offer> {
  const place = placeOf(program, before);
  const { command, flag, plain } = place;
  const values = (choices: readonly string[] | undefined, name: string, typed: string) =>
    valuesOf({ choices, placeholder: name, typed, program, before, profileDir: place.profileDir, env });
  if (flag?.required === true) return values(flag.argChoices, placeholder(flag.flags), current);

  const assigned = plain ? undefined : /^(--[^=]+=)(.*)$/s.exec(current);
  if (assigned) {
    const [, head = '', typed = ''] = assigned;
    const option = flagOf(command, head);
    if (!option) return { kind: 'words', words: [] };
    const { kind, words } = await values(option.argChoices, placeholder(option.flags), typed);
    return { kind, words: words.map(({ word, text }) => ({ word: head + word, text })) };
  }
  if (current.startsWith('-') && !plain) return { kind: 'words', words: flagsFor(command, current) };

  const offers: Offered[] = [];
  if (flag) offers.push(...(await values(flag.argChoices, placeholder(flag.flags), current)).words);
  if (place.positional === 0 && !plain) {
    for (const sub of command.createHelp().visibleCommands(command))
      offers.push({ word: sub.name(), text: sub.summary() || sub.description() });
  }
  const argument = argumentAt(command, place.positional);
  let kind: Offer['kind'] = 'words';
  if (argument) {
    const found = await values(argument.argChoices, argument.name(), current);
    offers.push(...found.words);
    ({ kind } = found);
  }
  return { kind, words: offers.filter(({ word }) => word.startsWith(current)) };
}
