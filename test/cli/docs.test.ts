import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src-main/cli/exit.ts';
import { spellingsOf } from '../../src-main/cli/help/spellings.ts';
import { options } from '../../src-main/settings/options.ts';

const text = await readFile('docs/cli.md', 'utf8');

test('docs/cli.md names every flag, alias, variable and exit code', () => {
  for (const { flag, aliases = [], env, inert } of options) {
    for (const name of inert === undefined ? [flag, ...aliases] : [flag]) expect(text).toContain(`\`--${name}\``);
    if (env !== undefined) expect(text).toContain(`\`${env}\``);
  }
  for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
});

test('no flag and no variable stands for two settings', () => {
  const flags = options.flatMap(spellingsOf);
  expect(new Set(flags).size).toBe(flags.length);
  const variables = options.flatMap(({ env }) => env ?? []);
  expect(new Set(variables).size).toBe(variables.length);
});
