import { TunnelError } from '../../../shared/errors.ts';
import type { Profile } from '../../../shared/profile.ts';
import { dryRun } from '../../harpoon/dry-run.ts';
import { readProfile } from '../../profiles/forms/profile-text.ts';
import { findProfile, readProfileFile } from '../../profiles/source.ts';
import { profileFolders } from '../../settings/folders.ts';
import { exitCodes } from '../exit.ts';

interface Where {
  readonly profileDir?: string;
  readonly json?: boolean;
}

export interface CheckCallValues extends Where {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly parameter?: readonly string[];
  readonly operation?: string;
  readonly variables?: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function profileOf(name: string, { profileDir }: Where): Promise<Profile> {
  const isFile = /[/\\]|\.(?:ya?ml|json)$/.test(name);
  return readProfile(
    await readProfileFile(isFile ? name : await findProfile(name, profileFolders(process.env, profileDir))),
  );
}

/** `culvert harpoon list`: the operator's own view, so addresses are told. */
export async function listTargets(name: string, where: Where): Promise<number> {
  const { harpoon } = await profileOf(name, where);
  const rows = harpoon.targets.map(({ label, url, template, graphql, allowsPaths, description }) => ({
    label,
    kind: template ? 'template' : graphql ? 'graphql' : allowsPaths === true ? 'base URL' : 'exact',
    address: template ? `${new URL(template.origin).origin}${template.pathTemplate}` : url,
    ...(description !== undefined && { description }),
  }));
  if (where.json === true) say(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) say('This profile has no Harpoon targets.');
  else for (const { label, kind, address } of rows) say(`${label.padEnd(24)}  ${kind.padEnd(8)}  ${address}`);
  return exitCodes.done;
}

/** `culvert harpoon check`: whether a call would be made, and what would be sent. Exit code 2 when it would not. */
export async function checkCall(name: string, label: string, values: CheckCallValues): Promise<number> {
  const { json, parameter = [], variables, method, path, body, operation } = values;
  const result = await dryRun(await profileOf(name, values), {
    label,
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(body !== undefined && { body }),
    ...(operation !== undefined && { operation }),
    ...(variables !== undefined && { variables: objectOf(variables) }),
    ...(parameter.length > 0 && { parameters: Object.fromEntries(parameter.map(pairOf)) }),
  });
  const isAllowed = 'url' in result && result.problem === undefined;
  if (json === true) say(JSON.stringify(result, null, 2));
  else if ('refused' in result) say(`Refused: ${result.refused}.`);
  else {
    say(isAllowed ? 'Allowed. This would be sent:' : `Refused when it connects: ${result.problem ?? ''}.`);
    say(`  ${result.method} ${result.url}`);
    for (const [header, value] of result.headers) say(`  ${header}: ${value}`);
    if (result.bodyBytes > 0) say(`  and a body of ${result.bodyBytes} bytes`);
    for (const { address, isAllowed: may } of result.addresses)
      say(`  at ${address}${may ? '' : ', which is not allowed'}`);
  }
  return isAllowed ? exitCodes.done : exitCodes.usage;
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new TunnelError('bad_request', 'local', { problem: '--variables is not a JSON object' });
}
