import { constants } from 'node:fs';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LoginEntry } from '../base/platform.ts';
import { makeFolder } from '../files/make-folder.ts';

/** An argument of an `Exec` key, quoted as the desktop entry specification asks. */
const execArgument = (text: string): string =>
  `"${text
    .replace(/["`$\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`;

/** The words of an `Exec` key, for entries of ours and for what others have made of them. */
function execWords(value: string): string[] {
  const text = value.replaceAll('\\\\', '\\');
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare = '']) =>
    (quoted?.replace(/\\(.)/g, '$1') ?? bare).replaceAll('%%', '%'),
  );
}

function valueOf(text: string, key: string): string | undefined {
  for (const line of text.split('\n')) {
    const sign = line.indexOf('=');
    if (sign > 0 && line.slice(0, sign).trim() === key) return line.slice(sign + 1).trim();
  }
  return undefined;
}

/** What the entry of the XDG autostart folder says about starting `command`. Never rejects. */
export async function readDesktopEntry(file: string, command: readonly string[]): Promise<LoginEntry> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { state: 'absent', place: file };
  if (valueOf(text, 'Hidden') === 'true' || valueOf(text, 'X-GNOME-Autostart-enabled') === 'false')
    return { state: 'off', place: file };
  const words = execWords(valueOf(text, 'Exec') ?? '');
  const [program] = words;
  if (!/^\[Desktop Entry\]\s*$/m.test(text) || program === undefined) return { state: 'broken', place: file };
  const starts = words.join(' ');
  const there = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!there) return { state: 'broken', place: file, starts };
  const same = command.every((word, index) => words[index] === word);
  return { state: same ? 'right' : 'elsewhere', place: file, starts };
}

/** Writes the entry that starts `command` at login, or removes it. */
export async function writeDesktopEntry(file: string, command: readonly string[] | undefined): Promise<void> {
  if (!command) {
    await rm(file, { force: true });
    return;
  }
  const entry = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Culvert',
    'Comment=Connects private MCP servers through Secure MCP Tunnel',
    `Exec=${command.map(execArgument).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
  await makeFolder(dirname(file));
  await writeFile(file, entry);
}
