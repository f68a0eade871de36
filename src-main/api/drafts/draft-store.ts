import { randomUUID } from 'node:crypto';
import type { Draft, DraftPatch, DraftServer, EnvEntry } from '../../../shared/draft.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { profileSchema, type ChannelConfig, type Profile } from '../../../shared/profile.ts';
import { tunnelIdPattern } from '../../../shared/tunnel.ts';
import { keychainRef, type SecretStore } from '../../secrets/secret-store.ts';

/** The one channel that the wizard sets up. */
export const draftChannel = 'main';
const keySlot = 'api_key';

interface Held {
  draft: Draft;
  /** Typed values wait here, in this process, until the draft is adopted. */
  readonly secrets: Map<string, string>;
}

/** Profiles in the making. They live in memory only; what was typed and not saved is gone with the process. */
export class DraftStore {
  readonly #drafts = new Map<string, Held>();

  create(from?: Pick<Draft, 'server' | 'name'>, secrets: ReadonlyMap<string, string> = new Map()): Draft {
    const draft: Draft = {
      id: randomUUID(),
      server: from?.server ?? { kind: 'stdio', command: '', env: [] },
      controlPlane: 'https://api.openai.com',
      tunnelId: '',
      hasKey: false,
      name: from?.name ?? '',
      startWithApp: true,
    };
    this.#drafts.set(draft.id, { draft, secrets: new Map(secrets) });
    return draft;
  }

  isDraft(id: string): boolean {
    return this.#drafts.has(id);
  }

  get(id: string): Draft {
    return this.#held(id).draft;
  }

  update(id: string, patch: DraftPatch): Draft {
    const held = this.#held(id);
    const { keyRef, server, ...rest } = patch;
    const { server: before } = held.draft;
    held.draft = { ...held.draft, ...defined(rest), ...(server ? { server: withHeaders(server, before) } : {}) };
    if (keyRef === '') {
      held.draft = Object.fromEntries(Object.entries(held.draft).filter(([key]) => key !== 'keyRef')) as Draft;
    } else if (keyRef !== undefined) {
      held.draft = { ...held.draft, keyRef };
    }
    return held.draft;
  }

  set(id: string, slot: string, value: string): void {
    const held = this.#held(id);
    held.secrets.set(slot, value);
    if (slot === keySlot) held.draft = { ...held.draft, hasKey: true };
  }

  delete(id: string, slot: string): void {
    const held = this.#held(id);
    held.secrets.delete(slot);
    if (slot === keySlot) held.draft = { ...held.draft, hasKey: false };
  }

  has(id: string, slot: string): boolean {
    return this.#held(id).secrets.has(slot);
  }

  discard(id: string): void {
    this.#drafts.delete(id);
  }

  /** The server of a draft, as the engine runs it. */
  channel(id: string): ChannelConfig {
    const { server } = this.get(id);
    if (server.kind === 'http') return { kind: 'http', name: draftChannel, url: server.url.trim() };
    return {
      kind: 'stdio',
      name: draftChannel,
      command: server.command.trim(),
      env: Object.fromEntries(
        server.env.map((entry) => [entry.name, refOf(id, `env.${draftChannel}.${entry.name}`, entry)]),
      ),
      concurrency: 'parallel',
      ...(server.cwd === undefined || server.cwd === '' ? {} : { cwd: server.cwd }),
    };
  }

  /** What is sent to the server with every call, as references. */
  headers(id: string): Record<string, string> {
    const { server } = this.get(id);
    const headers = server.kind === 'http' ? (server.headers ?? []) : [];
    return Object.fromEntries(headers.map((entry) => [entry.name, refOf(id, `mcp.header.${entry.name}`, entry)]));
  }

  /** The draft as a profile. Throws `tunnel_id_invalid` and `key_missing`. */
  profile(id: string): Profile {
    const draft = this.get(id);
    if (!tunnelIdPattern.test(draft.tunnelId)) {
      throw new TunnelError('tunnel_id_invalid', 'control-plane', { tunnelId: draft.tunnelId.slice(0, 60) });
    }
    const apiKey = draft.keyRef ?? (draft.hasKey ? keychainRef(id, keySlot) : undefined);
    if (apiKey === undefined) throw new TunnelError('key_missing', 'control-plane');
    return profileSchema.parse({
      id,
      name: draft.name === '' ? 'draft' : draft.name,
      controlPlane: { baseUrl: draft.controlPlane.trim(), tunnelId: draft.tunnelId, apiKey },
      channels: [this.channel(id)],
      mcp: { extraHeaders: this.headers(id) },
      harpoon: {},
      capture: {},
      startWithApp: draft.startWithApp,
    });
  }

  /** Puts what was typed where it will stay. Rejects with `keychain_unavailable`, and then the draft is as it was. */
  async moveSecrets(id: string, store: SecretStore): Promise<void> {
    for (const [slot, value] of this.#held(id).secrets) await store.set(`${id}/${slot}`, value);
  }

  /** A store in which the values of drafts are found as if they were in the keychain already. */
  over(store: () => SecretStore): SecretStore {
    const own = (account: string): string | undefined => {
      const [owner = '', ...slot] = account.split('/');
      return this.#drafts.get(owner)?.secrets.get(slot.join('/'));
    };
    return {
      get: (account) => {
        const value = own(account);
        return value === undefined ? store().get(account) : Promise.resolve(value);
      },
      set: (account, value) => store().set(account, value),
      delete: (account) => store().delete(account),
    };
  }

  #held(id: string): Held {
    const held = this.#drafts.get(id);
    if (!held) throw new TunnelError('not_found', 'local', { what: 'The draft' });
    return held;
  }
}

const refOf = (id: string, slot: string, { kind, value }: EnvEntry): string =>
  kind === 'secret' ? keychainRef(id, slot) : value;

/** Headers that came with a URL stay with its host: a key is never sent to another one. */
function withHeaders(server: DraftServer, before: DraftServer): DraftServer {
  if (server.kind !== 'http' || server.headers || before.kind !== 'http' || !before.headers) return server;
  const origin = originOf(before.url);
  return origin !== undefined && originOf(server.url) === origin ? { ...server, headers: before.headers } : server;
}

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

/** What a patch really says: an absent member is no change. */
function defined<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never;
}
