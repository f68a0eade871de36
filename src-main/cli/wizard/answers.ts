import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { TunnelError } from '../../../shared/errors.ts';
import { tunnelIdPattern } from '../../../shared/names.ts';
import type { FoundServer } from '../../imports/found-servers.ts';
import { enhancedPath } from '../../process/path.ts';
import { resolveProgram } from '../../process/program.ts';
import { splitCommand } from '../../process/command-line.ts';
import { choose, type Chosen } from '../profiles/import-choice.ts';
import { isProfileName } from '../../../shared/profile-name.ts';
import { expandHome } from '../../settings/folders.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import type { Sample } from '../../profiles/samples.ts';
import { checkKey } from '../../secrets/check-secrets.ts';
import type { Env } from '../../settings/layers.ts';
import { Problem } from './questions.ts';

export type ServerAnswer =
  | { readonly kind: 'found'; readonly chosen: readonly Chosen[] }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'command'; readonly command: string };

/** A number or name of the list, a URL, or a command whose program is there. Rejects with `TunnelError`. */
export async function serverAnswer(
  typed: string,
  servers: readonly FoundServer[],
  sample: Sample | undefined,
  env: Env,
): Promise<ServerAnswer | Problem> {
  if (typed === '') return new Problem('A command that starts the server, or its URL.');
  const named = servers.filter(({ candidate }) => candidate.name === typed);
  const numbers = /^\d+(?:[\s,]+\d+)*$/.test(typed) ? [...new Set(typed.split(/[\s,]+/).map(Number))] : undefined;
  const found = numbers?.flatMap((number) => servers[number - 1] ?? []) ?? (named.length === 1 ? named : []);
  if (found.length > 0 && found.length === (numbers ?? named).length) {
    const ids = found.map(({ candidate }) => candidate.id);
    return { kind: 'found', chosen: choose(servers, ids) };
  }
  if (numbers)
    return new Problem(servers.length === 0 ? 'The list is empty.' : `There are the numbers 1 to ${servers.length}.`);
  if (named.length > 1) return new Problem('Several are called so: give the number.');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) {
    if (!/^https?:/i.test(typed) || !URL.canParse(typed))
      return new Problem('That is no http:// or https:// URL, such as http://localhost:8080/mcp.');
    if (sample?.server === 'command') return new Problem(`${sample.name} is for a command, not for a URL.`);
    return { kind: 'url', url: typed };
  }
  if (sample?.server === 'url') return new Problem(`${sample.name} is for a URL, not for a command.`);
  const [program] = splitCommand(typed);
  const lookup = { path: await enhancedPath(env), cwd: process.cwd(), environment: env };
  await resolveProgram(program, lookup).catch((error: unknown) => {
    // the whole PATH would bury the question
    throw error instanceof TunnelError ? new TunnelError(error.code, error.leg, { program }, { cause: error }) : error;
  });
  return { kind: 'command', command: typed };
}

export const tunnelAnswer = (typed: string): string | Problem =>
  tunnelIdPattern.test(typed)
    ? typed
    : new Problem('A tunnel id is tunnel_ and 32 lower-case letters or digits: copy it from where it was created.');

export type KeyPlace = { readonly kind: 'type' } | { readonly kind: 'reference'; readonly ref: string };

/** Where the key is to come from. What a file or a set variable holds is looked at, so that a wrong one is told now. */
export async function keyPlaceAnswer(typed: string, env: Env): Promise<KeyPlace | Problem> {
  if (typed === '1') return { kind: 'type' };
  const [, kind = '', rest = ''] = /^(env|file|keychain):(.*)$/is.exec(typed) ?? [];
  const name = rest.trim();
  switch (kind.toLowerCase()) {
    case 'env': {
      if (!/^\w+$/.test(name)) return new Problem('Write it as env:NAME, with the name of a variable.');
      const value = env[name]?.trim();
      if (value !== undefined && value !== '') checkKey(value, typed);
      return { kind: 'reference', ref: `env:${name}` };
    }
    case 'file': {
      if (name === '') return new Problem('Write it as file:/path.');
      const file = expandHome(name, env);
      const path = isAbsolute(file) ? file : resolve(file);
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        const { code = 'unknown' } = cause as NodeJS.ErrnoException;
        throw new TunnelError('secret_file_unreadable', 'local', { file: path, detail: code }, { cause });
      });
      checkKey(text.trim(), `file:${path}`);
      return { kind: 'reference', ref: `file:${path}` };
    }
    case 'keychain':
      return name === '' ? new Problem('Write it as keychain:ID/SLOT.') : { kind: 'reference', ref: typed };
    default:
      return /^sk-|^[\w-]{20,}$/.test(typed)
        ? new Problem('That looks like the key itself, and it can be read here now: it was not taken. Answer 1 first.')
        : new Problem('Answer 1, or type env:NAME or file:/path.');
  }
}

export function keyAnswer(typed: string): string | Problem {
  if (typed === '') return new Problem('Nothing was typed. Paste the key, and press Enter.');
  checkKey(typed, 'what was typed');
  return typed;
}

export interface NameAnswer {
  readonly name: string;
  /** Culvert's folder has one of that name. */
  readonly taken: boolean;
}

export async function nameAnswer(typed: string, store: ProfileStore): Promise<NameAnswer | Problem> {
  if (typed === '') return new Problem('A name, such as crm.');
  const name = isProfileName(typed) ? typed : undefined;
  if (name === undefined)
    return new Problem('A name has letters, digits, ., _ and -, and begins with a letter or digit.');
  return { name, taken: await isTaken(store, name) };
}

/** A profile of that name in another folder stays: Culvert's own is found first. */
export const isTaken = async (store: ProfileStore, name: string): Promise<boolean> =>
  (await store.list()).some((entry) => entry.name === name && dirname(entry.file) === store.ownFolder);

/** `wanted`, or with a number behind it when there is one already. */
export async function freeName(store: ProfileStore, wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!(await isTaken(store, name))) return name;
  }
}
