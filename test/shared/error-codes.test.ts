import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../shared/errors.ts';

/** Files that only speak of codes. */
const speakers = new Set(['shared/errors.ts', 'shared/messages.ts', 'src-main/cli/exit.ts']);

test('every error code is one that something can fail with', () => {
  const source = ['src-main', 'shared']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file).replaceAll('\\', '/'),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !speakers.has(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const unused = Object.keys(errorCodes).filter((code) => !source.includes(`'${code}'`));
  expect(unused).toEqual([]);
});
