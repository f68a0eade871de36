import { randomUUID } from 'node:crypto';
import { isChannelName, mainChannel } from '../../shared/channel-names.ts';
import { secretSlotOf, type Draft, type DraftPatch, type DraftServer, type EnvEntry } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import { profileSchema, type ChannelConfig, type Profile } from '../../shared/profile.ts';
import { tunnelIdPattern } from '../../shared/names.ts';
import { profileNameFrom } from '../../shared/profile-name.ts';
import { keepWhile } from '../secrets/keep-while.ts';
import { overStore } from '../secrets/over-store.ts';
import { keychainRef, type SecretStore } from '../secrets/secret-store.ts';

const keySlot = 'api_key';

interface Held {
  draft: Draft;
  /** Typed values wait here, in this process, until the draft is adopted. */
  readonly secrets: Map<string, string>;
}

/** Profiles in the making. They live in memory only; what was typed and not saved is gone with the process. */
export class DraftStore {
  readonly #drafts = new Map<string, Held>();

  create(from?: Pick<Draft, 'servers' | 'name'>, secrets: ReadonlyMap<string, string> = new Map()): Draft {
    const draft: Draft = {
      id: randomUUID(),
      servers: from?.servers ?? [{ key: 'first', channel: mainChannel, kind: 'stdio', command: '', env: [] }],
      controlPlane: 'https://api.openai.com',
      tunnelId: '',
      hasKey: false,
      name: profileNameFrom(from?.name ?? ''),
      startWithApp: true,
    };
    this.#drafts.set(draft.id, { draft, secrets: new Map(secrets) });
    return draft;
  }

  /** Further servers; one that was not filled in yet makes room. */
  add(id: string, servers: readonly DraftServer[], secrets: ReadonlyMap<string, string>): Draft {
    const held = this.#held(id);
    for (const [slot, value] of secrets) held.secrets.set(slot, value);
    held.draft = { ...held.draft, servers: [...held.draft.servers.filter(isChosen), ...servers] };
    return held.draft;
  }

  isDraft(id: string): boolean {
    return this.#drafts.has(id);
  }

  get(id: string): Draft {
    return this.#held(id).draft;
  }

  update(id: string, patch: DraftPatch): Draft {
    const held = this.#held(id);
    const { keyRef, servers, ...rest } = patch;
    if (servers) moveSlots(held.secrets, held.draft.servers, servers);
    held.draft = { ...held.draft, ...defined(rest), ...(servers ? { servers } : {}) };
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

  /** A server of a draft, as the engine runs it. Throws `not_found`. */
  channel(id: string, key: string): ChannelConfig {
    const server = this.get(id).servers.find((each) => each.key === key);
    if (!server) throw new TunnelError('not_found', 'local', { what: 'The server' });
    return asChannel(id, server);
  }

  /** The draft as a profile. Throws `tunnel_id_invalid`, `key_missing` and, for names of channels, `config_invalid`. */
  profile(id: string): Profile {
    const draft = this.get(id);
    if (!tunnelIdPattern.test(draft.tunnelId)) {
      throw new TunnelError('tunnel_id_invalid', 'control-plane', { tunnelId: draft.tunnelId.slice(0, 60) });
    }
    const apiKey = draft.keyRef ?? (draft.hasKey ? keychainRef(id, keySlot) : undefined);
    if (apiKey === undefined) throw new TunnelError('key_missing', 'control-plane');
    checkChannels(draft.servers);
    return profileSchema.parse({
      id,
      name: draft.name === '' ? 'draft' : draft.name,
      controlPlane: { baseUrl: draft.controlPlane.trim(), tunnelId: draft.tunnelId, apiKey },
      channels: draft.servers.map((server) => asChannel(id, server)),
      mcp: {},
      harpoon: {},
      capture: {},
      startWithApp: draft.startWithApp,
    });
  }

  /** Puts what was typed where it will stay while `write` saves the draft; see `keepWhile`. */
  keepSecretsWhile<Result>(id: string, store: () => SecretStore, write: () => Promise<Result>): Promise<Result> {
    return keepWhile(store, id, this.#held(id).secrets, write);
  }

  /** A store in which the values of drafts are found as if they were in the keychain already. */
  over(store: () => SecretStore): SecretStore {
    return overStore(store, (account) => {
      const [owner = '', ...slot] = account.split('/');
      const value = this.#drafts.get(owner)?.secrets.get(slot.join('/'));
      return value === undefined ? undefined : { value };
    });
  }

  #held(id: string): Held {
    const held = this.#drafts.get(id);
    if (!held) throw new TunnelError('not_found', 'local', { what: 'The draft' });
    return held;
  }
}

const refOf = (id: string, slot: string, { kind, value }: EnvEntry): string =>
  kind === 'secret' ? keychainRef(id, slot) : value;

/** Whether a server is more than an empty form. */
export const isChosen = (server: DraftServer): boolean =>
  (server.kind === 'stdio' ? server.command : server.url).trim() !== '';

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

function asChannel(id: string, server: DraftServer): ChannelConfig {
  const name = server.channel;
  const values = (entries: readonly EnvEntry[]) =>
    Object.fromEntries(
      entries.map((entry) => [entry.name, refOf(id, secretSlotOf(server.kind, name, entry.name), entry)]),
    );
  if (server.kind === 'stdio') {
    return {
      kind: 'stdio',
      name,
      command: server.command.trim(),
      env: values(server.env),
      concurrency: 'parallel',
      ...(server.cwd === undefined || server.cwd === '' ? {} : { cwd: server.cwd }),
    };
  }
  const { url, unixSocket, headers, headersFor } = server;
  // a key is never sent to another host than the one it was given for
  const sent = headersFor === undefined || headersFor === originOf(url.trim()) ? headers : [];
  return {
    kind: 'http',
    name,
    url: url.trim(),
    ...(unixSocket === undefined || unixSocket === '' ? {} : { unixSocket }),
    ...(sent.length > 0 ? { extraHeaders: values(sent) } : {}),
  };
}

/** What a profile allows: names as they are polled, none twice, and one of them `main`. Throws `config_invalid`. */
function checkChannels(servers: readonly DraftServer[]): void {
  const names = servers.map(({ channel }) => channel);
  const wrong = names.find((name, index) => !isChannelName(name) || names.indexOf(name) !== index);
  if (wrong === undefined && names.includes(mainChannel)) return;
  throw new TunnelError('config_invalid', 'local', {
    field: 'The channels',
    file: 'the draft',
    problem: wrong === undefined ? 'none is called main' : `\`${wrong}\` is no name of a channel, or is there twice`,
    allowed: 'up to 64 of a–z, 0–9, _ and -, each once, and one called main',
  });
}

/** Secrets hang on the channel's name: they follow it when it is renamed, and go with their server. */
function moveSlots(secrets: Map<string, string>, before: readonly DraftServer[], after: readonly DraftServer[]): void {
  const prefixes = ({ channel }: DraftServer) => [`env.${channel}.`, `channel.${channel}.header.`];
  const moved: [string, string][] = [];
  for (const [slot, value] of [...secrets]) {
    const owner = before.find((server) => prefixes(server).some((prefix) => slot.startsWith(prefix)));
    if (!owner) continue;
    secrets.delete(slot);
    const now = after.find(({ key }) => key === owner.key);
    if (!now) continue;
    const index = prefixes(owner).findIndex((prefix) => slot.startsWith(prefix));
    moved.push([`${prefixes(now)[index] ?? ''}${slot.slice(prefixes(owner)[index]?.length)}`, value]);
  }
  for (const [slot, value] of moved) secrets.set(slot, value);
}

/** What a patch really says: an absent member is no change. */
function defined<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never;
}
