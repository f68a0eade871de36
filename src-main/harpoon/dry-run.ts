import { lookup } from 'node:dns/promises';
import type { Profile } from '../../shared/profile.ts';
import { systemClock } from '../base/clock.ts';
import { createRoutes } from '../network/profile-routes.ts';
import { AddressRules, bareHost } from './address-rules.ts';
import type { PlannedRequest } from './caller.ts';
import { createHarpoon, ownHosts } from './harpoon.ts';
import { Refusal } from './refusal.ts';

/** What a call gives, in the words of whichever tool its target takes. */
export interface DryCall {
  readonly label: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly operation?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The request that would be sent and where it would end, or why there would be none. */
export type DryRun =
  | { readonly refused: string }
  | {
      readonly method: string;
      readonly url: string;
      /** Names and values; those that the operator fixed are masked. */
      readonly headers: readonly (readonly [string, string])[];
      readonly bodyBytes: number;
      /** Addresses of the host, and whether the connection may end there; empty behind a proxy or a socket. */
      readonly addresses: readonly { readonly address: string; readonly isAllowed: boolean }[];
      readonly problem?: string;
    };

const mask = '***';

/** Decides as a call would and sends nothing; only the host's name is looked up. Never rejects for what a caller gives. */
export async function dryRun(profile: Profile, call: DryCall): Promise<DryRun> {
  const secrets = { resolve: () => Promise.resolve(mask), onReplaced: () => () => undefined };
  const routes = createRoutes(profile, { secrets, env: {} });
  try {
    const { caller, registry } = createHarpoon(profile.harpoon, { routes, secrets, clock: systemClock });
    const { label, method = 'GET', path, body, parameters, operation, variables } = call;
    const target = registry.get(label);
    const more = body === undefined ? {} : { body };
    const plan = async (): Promise<PlannedRequest> =>
      operation !== undefined
        ? caller.planGraphql({ target: label, operation, ...(variables && { variables }) })
        : target?.kind === 'template' || parameters
          ? caller.planTemplate({ label, parameters: parameters ?? {} })
          : path !== undefined
            ? caller.planCallout({ target: label, path, method, ...more })
            : caller.planCall({ label, method, ...more });
    const { url, headers, body: bytes, method: planned } = await plan();
    const isDirect =
      profile.harpoon.httpProxy === undefined && !(target?.kind === 'exact' && target.unixSocket !== undefined);
    return {
      method: planned,
      url: url.href,
      headers: Array.from(
        { length: headers.length / 2 },
        (_, at) => [headers[at * 2] ?? '', headers[at * 2 + 1] ?? ''] as const,
      ),
      bodyBytes: bytes?.length ?? 0,
      ...(isDirect ? await addressesOf(profile, url) : { addresses: [] }),
    };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.reason };
    throw error;
  } finally {
    await routes.close();
  }
}

async function addressesOf(profile: Profile, url: URL) {
  const rules = new AddressRules(profile.harpoon, ownHosts(profile));
  try {
    const found = await lookup(bareHost(url), { all: true });
    const addresses = found.map(({ address }) => ({ address, isAllowed: rules.allows(url, address) }));
    const isAllowed = addresses.some((one) => one.isAllowed);
    return { addresses, ...(!isAllowed && { problem: 'address is not allowed for this target' }) };
  } catch {
    return { addresses: [], problem: 'the name of the host leads nowhere on this machine' };
  }
}
