import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinCommand, splitCommand } from '../../../src-main/process/command-line.ts';

describe('a command', () => {
  test.each([
    [
      'npx -y @modelcontextprotocol/server-everything stdio',
      ['npx', '-y', '@modelcontextprotocol/server-everything', 'stdio'],
    ],
    ['  a\t b\n', ['a', 'b']],
    [`python "my server.py" 'it is' a\\ b`, ['python', 'my server.py', 'it is', 'a b']],
    [`a"b c"'d e'f`, ['ab cd ef']],
    [`a '' ""`, ['a', '', '']],
    [`a "x\\"y\\\\z\\n\\$" '\\n'`, ['a', 'x"y\\z\\n$', '\\n']],
    ['a one\\\ntwo', ['a', 'onetwo']],
    [
      'a ; b | c && d > e $HOME *.js `x` #y',
      ['a', ';', 'b', '|', 'c', '&&', 'd', '>', 'e', '$HOME', '*.js', '`x`', '#y'],
    ],
    ['grüße "世 界"', ['grüße', '世 界']],
  ])('%j is split as a shell splits words, and is run by none', (command, words) => {
    expect(splitCommand(command, 'linux')).toEqual(words);
  });

  test.each([
    ['C:\\tools\\server.exe --dir C:\\data', ['C:\\tools\\server.exe', '--dir', 'C:\\data']],
    ['"C:\\Program Files\\nodejs\\node.exe" server.js', ['C:\\Program Files\\nodejs\\node.exe', 'server.js']],
    ['a "C:\\data\\\\" b', ['a', 'C:\\data\\', 'b']],
    ['a "say \\"hi\\""', ['a', 'say "hi"']],
    ["a 'b c'", ['a', 'b c']],
  ])('%j keeps the backslashes of its paths on Windows', (command, words) => {
    expect(splitCommand(command, 'win32')).toEqual(words);
  });

  test('finds the folders that Windows names by variables, and leaves other percent signs alone', () => {
    const environment = { AppData: 'C:\\Users\\A B\\AppData\\Roaming', 'ProgramFiles(x86)': 'C:\\Program Files (x86)' };
    const command = '%APPDATA%\\npm\\server.cmd "%ProgramFiles(x86)%\\x" %NOWHERE% 50%';
    expect(splitCommand(command, 'win32', environment)).toEqual([
      'C:\\Users\\A B\\AppData\\Roaming\\npm\\server.cmd',
      'C:\\Program Files (x86)\\x',
      '%NOWHERE%',
      '50%',
    ]);
    expect(splitCommand('%HOME% a', 'linux', { HOME: '/h' })).toEqual(['%HOME%', 'a']);
  });

  test.each([
    [`run "a b`, 5, 'a double quote is not closed'],
    [`run 'a b`, 5, 'a single quote is not closed'],
    [`run "a" 'b "c"`, 9, 'a single quote is not closed'],
    ['run a\\', 6, 'nothing follows the last backslash'],
    ['  ', 1, 'it names no program'],
    ['"" a', 1, 'it names no program'],
  ])('%j is refused with the column of its mistake', (command, column, problem) => {
    expect(() => splitCommand(command, 'linux')).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        params: expect.objectContaining({ field: 'command', column, problem }) as unknown,
      }),
    );
  });

  test.each(['linux', 'win32'] as const)('made of words splits into these words again (%s)', (platform) => {
    const words = fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.array(fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(words, ([program, args]) => {
        expect(splitCommand(joinCommand([program, ...args], platform), platform, {})).toEqual([program, ...args]);
      }),
    );
  });

  test.each(['linux', 'win32'] as const)(
    'of any characters gives words or a refusal, nothing else (%s)',
    (platform) => {
      fc.assert(
        fc.property(fc.string({ unit: fc.constantFrom('"', "'", '\\', ' ', '\n', 'a', '$') }), (command) => {
          try {
            expect(splitCommand(command, platform)[0]).not.toBe('');
          } catch (error) {
            expect(error).toMatchObject({ code: 'config_invalid' });
          }
        }),
      );
    },
  );
});
