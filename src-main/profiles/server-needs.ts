import type { Profile } from '../../shared/profile.ts';
import { hasPassword, hasSecretLooks, isSecretName } from '../detect/redact.ts';
import { isReference } from '../settings/rules.ts';
import { newProfileText } from './forms/profile-text.ts';
import { secretSlots } from './secret-slots.ts';

/** A profile for another machine, and what that machine has to have. */
export interface ServerNeeds {
  /** The profile's text: each secret is a reference to a file. */
  readonly text: string;
  /** Names of the files with secrets, in the folder that was given. */
  readonly secrets: readonly string[];
  /** Variables that are no secrets by their place, such as the path of a bundle. */
  readonly variables: readonly string[];
  /** What else has to be there, in words. */
  readonly also: readonly string[];
}

/** The variable that stands for a secret where there is no keychain. */
export const variableOf = (slot: string): string =>
  slot === 'api_key' ? 'CONTROL_PLANE_API_KEY' : `CULVERT_${slot.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`;

/** A literal is a secret by its name, by its looks, or when it is a URL with a password in it. */
const isSecret = (slot: string, value: string): boolean =>
  isReference(value) || slot === 'api_key' || isSecretName(slot) || hasPassword(value) || hasSecretLooks(value);

/** Slots whose secret stands in the profile itself. */
export const plainSecrets = (profile: Profile): string[] =>
  secretSlots(profile)
    .filter(({ slot, value }) => !isReference(value) && value !== '' && isSecret(slot, value))
    .map(({ slot }) => slot);

type Change = (value: string) => string;
const mapped = (value: unknown, change: Change): unknown => {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, mapped(item, change)]));
};

/** @param folder - where the server finds one file for each secret */
export function serverNeeds(profile: Profile, folder: string): ServerNeeds {
  const references = new Map<string, string>();
  /** The file's name, and whose value is in it. */
  const secrets = new Map<string, string>();
  for (const { slot, value } of secretSlots(profile)) {
    if (!isSecret(slot, value) || /^\s*file:/i.test(value) || references.has(value)) continue;
    const [, variable] = /^\s*env:\s*(\w+)\s*$/i.exec(value) ?? [];
    const source = variable === undefined ? value : `env:${variable}`;
    let name = variable ?? variableOf(slot);
    // slots that differ in punctuation alone come to one name
    while ((secrets.get(name) ?? source) !== source) name += '_';
    references.set(value, `file:${folder}/${name}`);
    secrets.set(name, source);
  }
  const exported = mapped(profile, (value) => references.get(value) ?? value) as Profile;
  const variables: string[] = [];
  const also = new Set<string>();
  mapped(exported, (value) => {
    const [, variable] = /^env:\s*(\w+)$/i.exec(value) ?? [];
    const [, file] = /^file:(.*)$/is.exec(value) ?? [];
    if (variable !== undefined) variables.push(variable);
    if (file !== undefined && !file.startsWith(`${folder}/`)) also.add(`the file ${file.trim()}`);
    return value;
  });
  for (const channel of exported.channels) {
    if (channel.kind === 'stdio') also.add(`the program of channel ${channel.name}: ${channel.command}`);
    for (const path of channel.kind === 'stdio'
      ? [channel.cwd]
      : [channel.unixSocket, channel.caBundle, channel.clientCert, channel.clientKey])
      if (path !== undefined) also.add(path);
  }
  const { controlPlane, mcp } = exported;
  for (const path of [
    exported.caBundle,
    controlPlane.caBundle,
    controlPlane.clientCert,
    controlPlane.clientKey,
    controlPlane.unixSocket,
    mcp.caBundle,
    mcp.clientCert,
    mcp.clientKey,
  ])
    if (path !== undefined && !/^env:/i.test(path)) also.add(path);
  return {
    text: newProfileText(exported),
    secrets: [...secrets.keys()],
    variables: [...new Set(variables)],
    also: [...also],
  };
}
