import type { Command, Help, Option } from 'commander';

/** Terms that are longer stand on a line of their own: in 80 columns the text beside them would be a ribbon. */
const widestTerm = 30;

/** Lines longer than this are hard to read; a pipe has no width. */
export const helpWidth = (): number => Math.min(process.stdout.columns || 80, 100);

export const padWidth = (command: Command, help: Help): number =>
  Math.min(
    widestTerm,
    Math.max(
      help.longestOptionTermLength(command, help),
      help.longestGlobalOptionTermLength(command, help),
      help.longestSubcommandTermLength(command, help),
      help.longestArgumentTermLength(command, help),
    ),
  );

export const withChoices = (description: string, choices: readonly string[] = []): string =>
  choices.every((choice) => description.includes(choice)) ? description : `${description}: ${choices.join(', ')}`;

/** What a flag is, with the words that it takes and its default where the text does not tell them. */
export function optionDescription({ description, argChoices, defaultValue, mandatory }: Option): string {
  const isTold = description.includes('default') || !['string', 'number'].includes(typeof defaultValue);
  return [
    withChoices(description, argChoices),
    isTold ? '' : ` (default ${String(defaultValue)})`,
    mandatory ? ' (must be given)' : '',
  ].join('');
}

/** One flag, argument or command and what it is, in two columns. */
export function formatItem(term: string, width: number, description: string, help: Help): string {
  if (description === '') return `  ${term}`;
  const gap = '\n' + ' '.repeat(width + 4);
  const text = help.boxWrap(description, Math.max(help.minWidthToWrap, helpWidth() - width - 4));
  const first = term.length > width ? `  ${term}${gap}` : `  ${term.padEnd(width)}  `;
  return first + text.replaceAll('\n', gap);
}
