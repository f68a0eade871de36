import { Option as Flag, type Command } from 'commander';
import { options, type Option } from '../../settings/options.ts';

/** Every name of a setting's flag: its own, that with dashes for dots, and those of published guides. */
export const spellingsOf = ({ flag, aliases = [] }: Option): readonly string[] => [
  ...new Set([flag, flag.replaceAll('.', '-'), ...aliases]),
];

/** Lets a command take a flag that is a setting of `run` as well by all the names that `run` knows it by. */
export function takeAllSpellings(command: Command): Command {
  for (const known of [...command.options]) {
    const name = known.name();
    const setting = options.find((option) => spellingsOf(option).includes(name));
    for (const other of setting ? spellingsOf(setting) : []) {
      if (command.options.some((option) => option.name() === other)) continue;
      const [, argument = ''] = known.flags.split(' ');
      command.addOption(new Flag(`--${other} ${argument}`.trim(), known.description).hideHelp());
      command.on(`option:${other}`, (value: string | null) =>
        command.setOptionValueWithSource(known.attributeName(), value ?? true, 'cli'),
      );
    }
  }
  return command;
}
