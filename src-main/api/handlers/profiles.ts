import { channelNamesFor } from '../../../shared/channel-names.ts';
import { TunnelError } from '../../../shared/errors.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { CheckedText, Problem, ProfileDocument } from '../../../shared/profile-editor.ts';
import { profileSchema, type Profile } from '../../../shared/profile.ts';
import { channelOf, secretsOf, type Candidates } from '../../imports/candidates.ts';
import { configuredTargets } from '../../network/profile-routes.ts';
import type { Routes } from '../../network/routes.ts';
import { newProfileText } from '../../profiles/forms/profile-text.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import type { SecretResolver } from '../../secrets/secret-resolver.ts';
import { keychainRef, type SecretStore } from '../../secrets/secret-store.ts';
import type { Platform } from '../../base/platform.ts';
import { KeptSecrets } from '../profiles/kept-secrets.ts';
import type { ProfileList } from '../profiles/profile-list.ts';
import type { UnsavedSecrets } from '../profiles/unsaved-secrets.ts';

type Calls = Extract<keyof Handlers, `profiles.${string}`>;

export interface ProfileServices {
  readonly store: ProfileStore;
  readonly list: ProfileList;
  readonly platform: Platform;
  readonly candidates: Candidates;
  readonly unsavedSecrets: UnsavedSecrets;
  /** What a text in a profile's place would be when it is started. Rejects with what is wrong with it, and with what its references lack. */
  readonly loadText: (id: string, text: string) => Promise<Profile>;
  /** Routes of a profile that are closed after one test; its secrets as they are once what was typed is saved. */
  readonly routesOf: (profile: Profile, secrets: SecretResolver) => Routes;
  readonly secretsOver: (store: SecretStore) => SecretResolver;
  /** What a reference stood for was replaced. */
  readonly replaced: (ref: string) => void;
  readonly isRunning: (id: string) => boolean;
  readonly restart: (id: string) => Promise<void>;
  readonly stop: (id: string) => Promise<void>;
}

const formats = { culvert: 'culvert', reference: 'reference-yaml', json: 'reference-json' } as const;

/** What is wrong with a text, as the reason why nothing can be done with it. */
function asError(problems: readonly Problem[]): TunnelError {
  const { code, leg, params } = problems[0]?.error ?? { code: 'config_invalid', leg: 'local', params: {} };
  return new TunnelError(code, leg, params);
}

/** What a new profile starts with: everything that has a default, and places for what a person has to fill in. */
const blank = () =>
  profileSchema.parse({
    id: 'new',
    name: 'new',
    controlPlane: { tunnelId: `tunnel_${'0'.repeat(32)}`, apiKey: 'env:CONTROL_PLANE_API_KEY' },
    channels: [{ kind: 'http', name: 'main', url: 'http://127.0.0.1:8000/mcp' }],
    mcp: {},
    harpoon: {},
    capture: {},
  });

export function profileHandlers(services: ProfileServices): Pick<Handlers, Calls> {
  const { store, list, platform, candidates, unsavedSecrets, loadText, routesOf } = services;
  const { secretsOver, replaced, isRunning, restart, stop } = services;
  const kept = new KeptSecrets();
  const changed = async <T>(result: T): Promise<T> => {
    await list.refresh();
    return result;
  };
  const checked = async (id: string, text: string): Promise<CheckedText> => {
    const { profile, problems } = await store.check(id, text);
    return kept.hide({ text, problems, ...(profile ? { profile } : {}) });
  };

  const hasValue = (caller: Caller, ref: string): Promise<boolean> =>
    secretsOver(unsavedSecrets.over(caller))
      .resolve(ref)
      .then(
        () => true,
        () => false,
      );

  return {
    'profiles.get': async ({ id }, caller): Promise<ProfileDocument> => {
      const { form, problems, profile, ...rest } = await store.get(id);
      const refs = profile ? kept.states(profile, () => false) : [];
      const secrets = await Promise.all(
        refs.map(async (state) => ({ ...state, set: state.set || (await hasValue(caller, state.ref)) })),
      );
      const waiting = [...unsavedSecrets.of(caller, id)];
      return kept.hide({
        ...rest,
        format: formats[form],
        problems: [...problems],
        secrets,
        unsavedSecrets: Object.fromEntries(
          waiting.map(([slot, value]): [string, 'kept' | 'gone'] => [slot, value === undefined ? 'gone' : 'kept']),
        ),
        ...(profile ? { profile } : {}),
      });
    },
    'profiles.check': ({ id, text }) => checked(id, kept.restore(text)),
    'profiles.render': async ({ id, text, profile }) => {
      const restored = kept.restore(text);
      return checked(id, await store.render(id, restored, kept.restore(profile)));
    },
    'profiles.testRoute': async ({ id, text, ...route }, caller) => {
      const profile = await loadText(id, kept.restore(text));
      const channel = route.purpose === 'mcp' ? route.channel : undefined;
      const found = configuredTargets(profile).find(
        ([purpose, { name }]) => purpose === route.purpose && name === channel,
      );
      if (!found) throw new TunnelError('unsupported_channel', 'local', { channel: channel ?? '' });
      const routes = routesOf(profile, secretsOver(unsavedSecrets.over(caller)));
      try {
        return { evidence: [...(await routes.walk(...found))] };
      } finally {
        await routes.close();
      }
    },
    'profiles.addServers': async ({ id, text, candidates: ids }, caller) => {
      const restored = kept.restore(text);
      const { profile, problems } = await store.check(id, restored);
      if (!profile) throw asError(problems);
      const found = await candidates.find(ids);
      const names = channelNamesFor(
        found.map(({ candidate }) => candidate.name),
        profile.channels.map(({ name }) => name),
      );
      const nameOf = (index: number) => names[index] ?? '';
      const more = found.map((server, index) => channelOf(server, nameOf(index), id));
      const rendered = await store.render(id, restored, { ...profile, channels: [...profile.channels, ...more] });
      for (const [index, server] of found.entries()) unsavedSecrets.add(caller, id, secretsOf(server, nameOf(index)));
      const added = found.map(({ dropped }, index) => ({ channel: nameOf(index), dropped: [...dropped] }));
      return { ...(await checked(id, rendered)), added };
    },
    'profiles.discard': ({ id }, caller) => unsavedSecrets.forget(caller, id),
    'profiles.save': async ({ id, text, revision }, caller) => {
      const restored = kept.restore(text);
      const { profile } = await store.check(id, restored);
      const { saved, slots } = await unsavedSecrets.keepWhile(caller, profile, id, () =>
        store.save(id, restored, revision),
      );
      await list.refresh();
      for (const slot of slots) replaced(keychainRef(id, slot));
      if (!isRunning(id)) return { ...saved, applied: 'not-running', restarting: [] };
      // a child has its variables from its start, everything else reads a secret when it needs it
      const live = saved.revision === revision && !slots.some((slot) => slot.startsWith('env.'));
      if (live) return { ...saved, applied: 'live', restarting: [] };
      await restart(id);
      const channels = list.summaries.find((summary) => summary.id === id)?.channels ?? [];
      return { ...saved, applied: 'restarting', restarting: channels.map(({ name }) => name) };
    },
    'profiles.create': async ({ name }) => changed(await store.create(name, blank())),
    'profiles.rename': async ({ id, name }) => {
      await store.rename(id, name);
      return changed({ id });
    },
    'profiles.duplicate': async ({ id }) => changed({ id: (await store.duplicate(id)).id }),
    'profiles.delete': async ({ id }) => {
      if (isRunning(id)) await stop(id);
      unsavedSecrets.forgetAll(id);
      return changed(await store.delete(id));
    },
    'profiles.undoDelete': async ({ undo }) => changed(await store.undoDelete(undo)),
    'profiles.import': async ({ name, text }, caller) => {
      if (text !== undefined) return changed(await store.importText(name ?? 'imported', text));
      if (caller.host !== 'window') throw new TunnelError('not_allowed', 'local');
      const file = await platform.chooseFile();
      return file && changed(await store.importText(name ?? file.name, file.text));
    },
    'profiles.export': async ({ id, format }, caller) => {
      const { name, text, profile } = await store.get(id);
      if (format === 'reference-yaml') {
        const exported = await store.exportReference(id);
        const offer = {
          name: `${name}.yaml`,
          type: 'application/yaml',
          body: kept.hide({ text: exported.text, ...(profile ? { profile } : {}) }).text,
        };
        return { file: await platform.saveFile(offer, caller), dropped: [...exported.dropped] };
      }
      const body = profile ? newProfileText(profile) : text;
      const offer = {
        name: `${name}.yaml`,
        type: 'application/yaml',
        body: kept.hide({ text: body, ...(profile ? { profile } : {}) }).text,
      };
      return { file: await platform.saveFile(offer, caller), dropped: [] };
    },
  };
}
