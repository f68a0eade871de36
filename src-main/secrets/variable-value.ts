import { type Environment, variable } from '../process/environment.ts';
import type { SecretResolver } from './secret-resolver.ts';

/**
 * The value of a server's environment variable. Other settings mean something by their value; a variable may be set to
 * nothing, or to blanks, on purpose: it is passed on, whether it stands in the profile or in Culvert's own environment.
 * Rejects with the resolver's codes.
 */
export async function variableValue(
  reference: string,
  secrets: Pick<SecretResolver, 'resolve'>,
  environment: Environment,
): Promise<string> {
  if (reference.trim() === '') return reference;
  const [, name] = /^env:(.*)$/is.exec(reference.trim()) ?? [];
  const value = name === undefined ? undefined : variable(environment, name.trim());
  return value?.trim() === '' ? value : secrets.resolve(reference);
}
