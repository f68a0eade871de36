import { channelNamesFor } from '../../shared/channel-names.ts';
import { secretSlotOf, type Candidate, type Draft, type DraftServer } from '../../shared/draft.ts';
import { TunnelError, type TunnelErrorData } from '../../shared/errors.ts';
import type { ChannelConfig } from '../../shared/profile.ts';
import { isChosen, type DraftStore } from '../drafts/draft-store.ts';
import { keychainRef } from '../secrets/secret-store.ts';
import { findServers, type FoundServer, type ImportOptions } from './found-servers.ts';
import { withoutLeading, withoutTrailing } from '../../shared/trim.ts';

export interface Candidates {
  list(): Promise<{ servers: Candidate[]; problems: TunnelErrorData[] }>;
  /** Servers that were listed, in the order of `ids`. Rejects with `not_found`. */
  find(ids: readonly string[]): Promise<readonly FoundServer[]>;
  /** A draft of such servers, one a channel; their secrets wait in main under the draft's id. Rejects with `not_found`. */
  draft(ids: readonly string[], drafts: DraftStore): Promise<Draft>;
  /** Adds them to a draft. Rejects with `not_found`. */
  add(id: string, ids: readonly string[], drafts: DraftStore): Promise<Draft>;
}

export function createCandidates(options: ImportOptions): Candidates {
  const find = async (ids: readonly string[]): Promise<readonly FoundServer[]> => {
    const { servers } = await findServers(options);
    return ids.map((id) => {
      const found = servers.find(({ candidate }) => candidate.id === id);
      if (!found || found.candidate.unusable) throw new TunnelError('not_found', 'local', { what: 'The server' });
      return found;
    });
  };
  return {
    list: async () => {
      const { servers, problems } = await findServers(options);
      return {
        servers: servers.map(({ candidate }) => candidate),
        problems: problems.map((problem) => problem.toJSON()),
      };
    },
    find,
    draft: async (ids, drafts) => {
      const found = await find(ids);
      const { servers, secrets } = draftServers(found, []);
      return drafts.create({ name: profileNameOf(found[0]?.candidate.name ?? ''), servers }, secrets);
    },
    add: async (id, ids, drafts) => {
      const before = drafts.get(id).servers;
      const more = ids.filter((candidate) => !before.some(({ key }) => key === candidate));
      const { servers, secrets } = draftServers(await find(more), before.filter(isChosen));
      const draft = drafts.add(id, servers, secrets);
      const name = draft.name === '' ? servers[0]?.origin?.name : undefined;
      return name === undefined ? draft : drafts.update(id, { name: profileNameOf(name) });
    },
  };
}

/** Servers as a draft has them, after those that it has; and their secrets by slot. */
function draftServers(
  found: readonly FoundServer[],
  before: readonly DraftServer[],
): { readonly servers: DraftServer[]; readonly secrets: Map<string, string> } {
  const channels = channelNamesFor(
    found.map(({ candidate }) => candidate.name),
    before.map(({ channel }) => channel),
  );
  const secrets = new Map<string, string>();
  const servers = found.map((each, index): DraftServer => {
    const { candidate, dropped, server } = each;
    const channel = channels[index] ?? '';
    for (const [slot, value] of secretsOf(each, channel)) secrets.set(slot, value);
    const { source, file, name, id } = candidate;
    const base = { key: id, channel, origin: { source, file, name, dropped: [...dropped] } };
    if (server.kind === 'stdio') return { ...base, ...server, env: [...server.env] };
    return { ...base, ...server, headers: [...server.headers], ...headersFor(server.url) };
  });
  return { servers, secrets };
}

const headersFor = (url: string): { headersFor?: string } =>
  URL.canParse(url) ? { headersFor: new URL(url).origin } : {};

/** The secrets of a server under the slots that its profile will refer to. */
export const secretsOf = ({ server, values }: FoundServer, channel: string): Map<string, string> =>
  new Map([...values].map(([name, value]) => [secretSlotOf(server.kind, channel, name), value]));

/** A server as a channel of the profile `owner`; `refOf` says what stands for a secret, usually its place in the keychain. */
export function channelOf(
  { server }: FoundServer,
  channel: string,
  owner: string,
  refOf: (slot: string, name: string) => string = (slot) => keychainRef(owner, slot),
): ChannelConfig {
  const entries = server.kind === 'stdio' ? server.env : server.headers;
  const values = Object.fromEntries(
    entries.map(({ name, kind, value }) => [
      name,
      kind === 'secret' ? refOf(secretSlotOf(server.kind, channel, name), name) : value,
    ]),
  );
  if (server.kind === 'stdio') {
    const { command, cwd } = server;
    return {
      kind: 'stdio',
      name: channel,
      command,
      env: values,
      concurrency: 'parallel',
      ...(cwd === undefined ? {} : { cwd }),
    };
  }
  const { url, unixSocket } = server;
  return {
    kind: 'http',
    name: channel,
    url,
    ...(unixSocket === undefined ? {} : { unixSocket }),
    ...(entries.length > 0 ? { extraHeaders: values } : {}),
  };
}

/** What a server is called, as a profile may be called. */
export const profileNameOf = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, '-');
  return withoutTrailing(withoutLeading(plain, '._-'), '-').slice(0, 100) || 'server';
};
