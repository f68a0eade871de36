import { TunnelError } from '../../shared/errors.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Setting } from './route-plan.ts';

/** What a setting stands for. Rejects as the resolver does, with the setting's name beside. */
export async function resolveSetting({ value, field }: Setting, secrets: SecretResolver): Promise<string> {
  try {
    return await secrets.resolve(value);
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    throw new TunnelError(error.code, error.leg, { ...error.params, field }, { cause: error });
  }
}
