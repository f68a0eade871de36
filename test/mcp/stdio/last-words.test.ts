import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { lastWords } from '../../../src-main/mcp/stdio/last-words.ts';

const said = (...args: string[]): string | undefined =>
  lastWords(spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr.split('\n').slice(-40));

describe('the last words of a program that ended', () => {
  test('name the module that Node did not find, not the frames and the version below it', () => {
    expect(said('/no/such/folder/server.js')).toBe("Error: Cannot find module '/no/such/folder/server.js'");
    expect(said('-e', 'require("no-such-package")')).toBe("Error: Cannot find module 'no-such-package'");
  });

  test('name a port that is taken, without the fields of the error', () => {
    const twice =
      'const n = require("net"); n.createServer().listen(0, function () { n.createServer().listen(this.address().port) })';
    expect(said('-e', twice)).toMatch(/^.*Error: listen EADDRINUSE: address already in use \S+$/);
  });

  test('keep what a server wrote of its own, several lines of it', () => {
    expect(said('-e', 'console.error("Config: none\\nDATABASE_URL is not set"); process.exit(1)')).toBe(
      'Config: none\nDATABASE_URL is not set',
    );
  });

  test('end with the exception of a Python program', () => {
    const lines = [
      'Traceback (most recent call last):',
      '  File "/srv/server.py", line 3, in <module>',
      '    import mcp',
      "ModuleNotFoundError: No module named 'mcp'",
    ];
    expect(lastWords(lines)?.split('\n').at(-1)).toBe("ModuleNotFoundError: No module named 'mcp'");
  });

  test('leave out where npm keeps its log', () => {
    const lines = [
      'npm error code E404',
      "npm error 404  '@example/no-such-server@*' is not in this registry.",
      'npm error A complete log of this run can be found in: /home/you/.npm/_logs/2026-11-21-debug-0.log',
    ];
    expect(lastWords(lines)).toBe(lines.slice(0, 2).join('\n'));
  });

  test('are what was written when all of it is noise, and nothing when nothing was', () => {
    expect(lastWords(['    at main (server.js:1:1)'])).toBe('    at main (server.js:1:1)');
    expect(lastWords(['', '  '])).toBeUndefined();
  });
});
