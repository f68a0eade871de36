import type { Candidate, Draft } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import { draftChannel, type DraftStore } from '../api/drafts/draft-store.ts';
import { findServers, type FoundServer, type ImportOptions } from './found-servers.ts';

export interface Candidates {
  list(): Promise<Candidate[]>;
  /** A draft of a server that was listed; its secrets wait in main under the draft's id. Rejects with `not_found`. */
  draft(id: string, drafts: DraftStore): Promise<Draft>;
}

export function createCandidates(options: ImportOptions): Candidates {
  return {
    list: async () => (await findServers(options)).servers.map(({ candidate }) => candidate),
    draft: async (id, drafts) => {
      const found = (await findServers(options)).servers.find(({ candidate }) => candidate.id === id);
      if (!found) throw new TunnelError('not_found', 'local', { what: 'The server' });
      const { server } = found;
      return drafts.create(
        {
          name: profileNameOf(found.candidate.name),
          server:
            server.kind === 'stdio'
              ? { ...server, env: [...server.env] }
              : {
                  kind: 'http',
                  url: server.url,
                  ...(server.headers.length > 0 ? { headers: [...server.headers] } : {}),
                },
        },
        secretsOf(found, draftChannel),
      );
    },
  };
}

/** The secrets of a server under the slots that its profile will refer to. */
export const secretsOf = ({ server, values }: FoundServer, channel: string): Map<string, string> =>
  new Map(
    [...values].map(([name, value]) => [
      server.kind === 'stdio' ? `env.${channel}.${name}` : `mcp.header.${name}`,
      value,
    ]),
  );

/** What a server is called, as a profile may be called. */
export const profileNameOf = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 100) || 'server';
