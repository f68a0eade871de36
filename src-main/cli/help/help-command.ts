import { CommanderError, type Command } from 'commander';
import { nearest } from '../../base/nearest.ts';
import { helpTopics } from './help-topics.ts';
import type { AddCommand } from '../add-command.ts';

const description = `Print the help of a command, or a page about something.

Pages: ${Object.keys(helpTopics).join(', ')}.

  culvert help quickstart
  culvert help profiles import`;

/** `culvert help`: of commands and their sub-commands, and the pages that belong to none. */
export const addHelp: AddCommand = (program) => {
  program
    .command('help')
    .summary('print the help of a command, or a page: ' + Object.keys(helpTopics).join(', '))
    .description(description)
    .argument('[about...]', 'a command, or a page')
    .action((about: string[]) => {
      const topic = about.length === 1 ? helpTopics[about[0] ?? ''] : undefined;
      if (topic !== undefined) {
        process.stdout.write(topic);
        return;
      }
      let command: Command = program;
      for (const word of about) {
        const next = command.commands.find((sub) => sub.name() === word);
        if (!next) unknown(command, word, command === program ? Object.keys(helpTopics) : []);
        command = next;
      }
      command.outputHelp();
    });
};

function unknown(command: Command, word: string, topics: readonly string[]): never {
  const names = [
    ...command
      .createHelp()
      .visibleCommands(command)
      .map((sub) => sub.name()),
    ...topics,
  ];
  const meant = nearest(word, names);
  const message = `error: there is no help about '${word.slice(0, 60)}'`;
  process.stderr.write(
    `${message}\n${meant === undefined ? `There is: ${names.join(', ')}` : `(Did you mean ${meant}?)`}\n`,
  );
  throw new CommanderError(2, 'culvert.unknownHelp', message);
}
