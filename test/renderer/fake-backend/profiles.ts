import { isMap, parseDocument } from 'yaml';
import type { ProfileSummary } from '../../../shared/app.ts';
import { channelNamesFor } from '../../../shared/channel-names.ts';
import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import { profileFormSchema, type CheckedText, type Problem } from '../../../shared/profile-editor.ts';
import { profileSchema, type ChannelConfig, type Profile } from '../../../shared/profile.ts';
import { usualServers } from './found-servers.ts';
import { ids, longCommand, longName } from './tunnels.ts';

const crmText = `# The CRM of the Lyon office. Ask Nadia before you change it.
config_version: 1
control_plane:
  tunnel_id: tunnel_7f3cpcrm0000000000000000000091be
  api_key: keychain:p-crm/api_key
mcp:
  commands:
    - channel: main
      command: uv run server.py --read-only
  server_urls:
    - channel: docs
      url: http://127.0.0.1:7311/mcp # the docs server
culvert:
  id: p-crm
  start_with_app: true
`;

const plain = (id: string, command: string): string => `config_version: 1
control_plane:
  tunnel_id: tunnel_7f3c${id
    .replace(/[^a-z0-9]/g, '')
    .padEnd(24, '0')
    .slice(0, 24)}91be
  api_key: keychain:${id}/api_key
mcp:
  commands:
    - channel: main
      command: ${command}
culvert:
  id: ${id}
`;

interface Doc {
  control_plane?: { tunnel_id?: string; api_key?: string; base_url?: string; http_proxy?: string };
  mcp?: {
    commands?: { channel?: string; command?: string }[];
    server_urls?: { channel?: string; url?: string }[];
  };
  culvert?: { id?: string; start_with_app?: boolean };
}

/** Enough of the real reader to type against: a few fields, and the place of what is wrong. */
export function check(id: string, text: string): CheckedText {
  const document = parseDocument(text);
  const problems: Problem[] = document.errors.map((error) => ({
    severity: 'error',
    line: error.linePos?.[0].line ?? 1,
    column: error.linePos?.[0].col ?? 1,
    error: { code: 'config_invalid', leg: 'local', params: { problem: error.message.split('\n')[0] ?? '' } },
  }));
  if (problems.length > 0 || !isMap(document.contents)) return { text, problems };
  const value = document.toJS() as Doc;
  const form = profileFormSchema.parse({
    id,
    name: id,
    controlPlane: {
      tunnelId: value.control_plane?.tunnel_id ?? '',
      ...(value.control_plane?.api_key === undefined ? {} : { apiKey: value.control_plane.api_key }),
      ...(value.control_plane?.base_url === undefined ? {} : { baseUrl: value.control_plane.base_url }),
      ...(value.control_plane?.http_proxy === undefined ? {} : { httpProxy: value.control_plane.http_proxy }),
    },
    channels: [
      ...(value.mcp?.commands ?? []).map(({ channel = 'main', command = '' }) => ({
        kind: 'stdio',
        name: channel,
        command,
      })),
      ...(value.mcp?.server_urls ?? []).map(({ channel = 'main', url = '' }) => ({ kind: 'http', name: channel, url })),
    ],
    mcp: {},
    harpoon: {},
    startWithApp: value.culvert?.start_with_app ?? false,
    capture: {},
  });
  const profile = profileSchema.safeParse(form);
  if (profile.success) return { text, profile: profile.data, problems };
  const lines = text.split('\n');
  for (const issue of profile.error.issues) {
    const key = issue.path.includes('tunnelId') ? 'tunnel_id' : 'command';
    const line = lines.findIndex((each) => each.includes(`${key}:`));
    problems.push({
      severity: 'error',
      line: line + 1,
      column: (lines[line]?.indexOf(key) ?? 0) + 1,
      field: `control_plane.${key}`,
      error:
        key === 'tunnel_id'
          ? { code: 'tunnel_id_invalid', leg: 'local', params: {} }
          : { code: 'config_invalid', leg: 'local', params: { field: key, problem: issue.message } },
    });
  }
  return { text, profile: form, problems };
}

function render(text: string, profile: Profile): string {
  const document = parseDocument(text);
  document.setIn(['culvert', 'start_with_app'], profile.startWithApp);
  document.setIn(['control_plane', 'tunnel_id'], profile.controlPlane.tunnelId);
  const { httpProxy } = profile.controlPlane;
  if (httpProxy !== undefined) document.setIn(['control_plane', 'http_proxy'], httpProxy);
  const stdio = profile.channels.filter((channel) => channel.kind === 'stdio');
  stdio.forEach(({ name, command }, index) => {
    document.setIn(['mcp', 'commands', index, 'channel'], name);
    document.setIn(['mcp', 'commands', index, 'command'], command);
  });
  const urls = profile.channels.filter((channel) => channel.kind === 'http');
  urls.forEach(({ name, url }, index) => {
    document.setIn(['mcp', 'server_urls', index, 'channel'], name);
    document.setIn(['mcp', 'server_urls', index, 'url'], url);
  });
  return document.toString();
}

interface Entry {
  readonly summary: ProfileSummary;
  text: string;
  revision: number;
}

export class FakeProfiles {
  readonly entries = new Map<string, Entry>();
  /** What was typed or deleted in the editor, by profile and slot. */
  readonly unsaved = new Map<string, Record<string, 'kept' | 'gone'>>();
  readonly #deleted = new Map<string, Entry>();
  readonly #changed: () => void;
  #next = 1;

  constructor(known: readonly (keyof typeof ids)[], changed: () => void) {
    this.#changed = changed;
    for (const key of known) {
      const id = ids[key];
      if (key === 'crm') this.#put(id, 'CRM on this laptop', crmText);
      if (key === 'staging') this.#put(id, 'Staging database', plain(id, 'pg-mcp --dsn env:PG_DSN'));
      if (key === 'long') this.#put(id, longName, plain(id, longCommand));
      if (key === 'docs') this.#put(id, 'Docs search', plain(id, 'npx -y docs-mcp'));
    }
  }

  #put(id: string, name: string, text: string): void {
    const { profile } = check(id, text);
    this.entries.set(id, {
      text,
      revision: 1,
      summary: {
        id,
        name,
        file: `/home/you/.config/culvert/profiles/${name}.yaml`,
        format: id === ids.docs ? 'reference-yaml' : 'culvert',
        tunnelId: profile?.controlPlane.tunnelId ?? '',
        controlPlane: 'https://api.openai.com',
        channels: (profile?.channels ?? []).map((channel) => ({
          name: channel.name,
          kind: channel.kind,
          target: channel.kind === 'stdio' ? channel.command : channel.url,
        })),
        startWithApp: profile?.startWithApp ?? false,
        modifiedAt: Date.now() - 86_400_000,
      },
    });
  }

  get list(): ProfileSummary[] {
    return [...this.entries.values()].map(({ summary }) => summary);
  }

  #entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new TunnelError('profile_not_found', 'local', { name: id });
    return entry;
  }

  readonly handlers = {
    'profiles.get': ({ id }) => {
      const { summary, text, revision } = this.#entry(id);
      return {
        id,
        name: summary.name,
        file: summary.file,
        format: summary.format,
        revision: String(revision),
        ...check(id, text),
        secrets: [{ slot: 'api_key', ref: `keychain:${id}/api_key`, set: true }],
        unsavedSecrets: this.unsaved.get(id) ?? {},
      };
    },
    'profiles.check': ({ id, text }) => check(id, text),
    'profiles.render': ({ id, text, profile }) => check(id, render(text, profile)),
    'profiles.addServers': ({ id, text, candidates }) => {
      const { profile } = check(id, text);
      if (!profile) throw new TunnelError('config_invalid', 'local', {});
      const chosen = usualServers.filter((server) => candidates.includes(server.id));
      const names = channelNamesFor(
        chosen.map(({ name }) => name),
        profile.channels.map(({ name }) => name),
      );
      const more = chosen.map(({ kind, target }, index): ChannelConfig => {
        const name = names[index] ?? '';
        return kind === 'http'
          ? { kind, name, url: target }
          : { kind, name, command: target, env: {}, concurrency: 'parallel' };
      });
      const next = render(text, { ...profile, channels: [...profile.channels, ...more] });
      return {
        ...check(id, next),
        added: chosen.map(({ dropped }, index) => ({ channel: names[index] ?? '', dropped: [...dropped] })),
      };
    },
    'profiles.testRoute': ({ id, text, ...route }) => {
      const { profile } = check(id, text);
      const proxy = route.purpose === 'mcp' ? undefined : profile?.controlPlane.httpProxy;
      const step = { step: `route.${route.purpose}`, layer: 'network' as const, at: Date.now(), ms: 41 };
      if (proxy?.includes('down') === true) {
        const error = { code: 'proxy_unreachable' as const, leg: 'control-plane' as const, params: { proxy } };
        return { evidence: [{ ...step, outcome: 'fail' as const, facts: {}, error }] };
      }
      const facts = { target: 'api.openai.com', mode: 'direct', subject: 'api.openai.com', notAfter: '2027-01-20' };
      return { evidence: [{ ...step, outcome: 'pass' as const, facts }] };
    },
    'profiles.discard': ({ id }) => void this.unsaved.delete(id),
    'profiles.save': ({ id, text, revision }) => {
      const entry = this.#entry(id);
      if (revision !== String(entry.revision)) throw new TunnelError('revision_conflict', 'local', {});
      this.unsaved.delete(id);
      const next = entry.revision + 1;
      this.#put(id, entry.summary.name, text);
      this.#entry(id).revision = next;
      this.#changed();
      return { revision: String(next), applied: 'live' as const, restarting: [] };
    },
    'profiles.create': ({ name }) => {
      const id = `p-new${this.#next++}`;
      this.#put(id, name, plain(id, 'node server.mjs'));
      this.#changed();
      return { id };
    },
    'profiles.rename': ({ id, name }) => {
      this.#put(id, name, this.#entry(id).text);
      this.#changed();
      return { id };
    },
    'profiles.duplicate': ({ id }) => {
      const { summary, text } = this.#entry(id);
      const copy = `p-copy${this.#next++}`;
      this.#put(copy, `${summary.name} copy`, text);
      this.#changed();
      return { id: copy };
    },
    'profiles.delete': ({ id }) => {
      this.#deleted.set(id, this.#entry(id));
      this.entries.delete(id);
      this.#changed();
      return { undo: id };
    },
    'profiles.undoDelete': ({ undo }) => {
      const entry = this.#deleted.get(undo);
      if (entry) this.entries.set(undo, entry);
      this.#changed();
      return { id: undo };
    },
    'profiles.import': () => undefined,
    'profiles.export': () => ({ file: { kind: 'cancelled' as const }, dropped: [] }),
  } satisfies Partial<Handlers>;
}
