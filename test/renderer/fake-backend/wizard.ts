import { channelNamesFor } from '../../../shared/channel-names.ts';
import type { Candidate, Draft, DraftServer } from '../../../shared/draft.ts';
import { TunnelError, type TunnelErrorData } from '../../../shared/errors.ts';
import type { Evidence } from '../../../shared/evidence.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { DraftWait } from '../../../shared/managed-tunnel.ts';
import { channel, ready, snapshot, toolNames, view } from './tunnels.ts';
import type { TunnelView } from '../../../shared/app.ts';

type Facts = Evidence['facts'];

const proof = (step: string, layer: Evidence['layer'], facts: Facts, ms: number): Evidence => ({
  step,
  outcome: 'pass',
  layer,
  at: Date.now(),
  ms,
  facts,
});

const empty: DraftServer = { key: 'first', channel: 'main', kind: 'stdio', command: '', env: [] };
const targetOf = (server: DraftServer): string => (server.kind === 'stdio' ? server.command : server.url);

export class FakeWizard {
  /** What other apps have set up. */
  found: readonly Candidate[];
  problems: readonly TunnelErrorData[] = [];
  readonly drafts = new Map<string, Draft>();
  readonly approved = new Set<string>();
  readonly #addTunnel: (view: TunnelView) => void;
  readonly #stepMs: number;
  readonly #fresh: Map<string, number>;
  /** Waits end when a test or a person says so. */
  #stopWaiting: (() => void) | undefined;
  /** What a new role is waited for until: a test gives it. */
  roleIsActive = false;
  #next = 1;

  /**
   * @param made.fresh - tunnels created a moment ago, with how many tries they are not usable for
   * @param made.found - servers of other apps
   */
  constructor(
    addTunnel: (view: TunnelView) => void,
    stepMs: number,
    { fresh, found }: { readonly fresh: Map<string, number>; readonly found: readonly Candidate[] },
  ) {
    this.found = found;
    this.#addTunnel = addTunnel;
    this.#fresh = fresh;
    this.#stepMs = stepMs;
  }

  #draft(id: string): Draft {
    const draft = this.drafts.get(id);
    if (!draft) throw new TunnelError('not_found', 'local', { what: 'The draft' });
    return draft;
  }

  #server(id: string, key: string): DraftServer {
    const server = this.#draft(id).servers.find((each) => each.key === key);
    if (!server) throw new TunnelError('not_found', 'local', { what: 'The server' });
    return server;
  }

  #serversOf(ids: readonly string[], before: readonly DraftServer[]): DraftServer[] {
    const chosen = ids.flatMap((id) => this.found.filter((candidate) => candidate.id === id));
    const names = channelNamesFor(
      chosen.map(({ name }) => name),
      before.map(({ channel }) => channel),
    );
    return chosen.map((candidate, index): DraftServer => {
      const { id, source, file, name, dropped, target, cwd, envNames, headerNames } = candidate;
      const entry = (each: string) => {
        const isSecret = /token|auth|dsn/i.test(each);
        return {
          name: each,
          kind: isSecret ? 'secret' : 'plain',
          value: isSecret ? '' : 'http://crm.internal',
        } as const;
      };
      const common = { key: id, channel: names[index] ?? '', origin: { source, file, name, dropped } };
      return candidate.kind === 'stdio'
        ? { ...common, kind: 'stdio', command: target, env: envNames.map(entry), ...(cwd === undefined ? {} : { cwd }) }
        : { ...common, kind: 'http', url: target, headers: headerNames.map(entry), headersFor: new URL(target).origin };
    });
  }

  async #tell(caller: Caller, id: string, probe: 'server' | 'control-plane' | 'key', steps: Evidence[], key?: string) {
    for (const evidence of steps) {
      await new Promise((resolve) => setTimeout(resolve, this.#stepMs));
      caller.send('draft.evidence', {
        id,
        probe,
        evidence: { ...evidence, at: Date.now() },
        ...(key === undefined ? {} : { key }),
      });
    }
    return { evidence: steps };
  }

  /** Tries again and again, each told as the engine does; true when it was accepted. */
  async #wait(caller: Caller, id: string, why: DraftWait['why'], tries: () => boolean, error: TunnelErrorData) {
    const since = Date.now() - 12_000;
    let stopped = false;
    const isStopped = (): boolean => stopped;
    this.#stopWaiting = () => (stopped = true);
    const everyMs = this.#stepMs * 20;
    for (let attempts = 1; !tries() && !isStopped(); attempts++) {
      const limitMs = why === 'new-tunnel' ? 120_000 : 2_100_000;
      const wait = { why, since, until: since + limitMs, attempts, nextTryAt: Date.now() + 3_000, error };
      caller.send('draft.waiting', { id, wait });
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    caller.send('draft.waiting', { id });
    return !isStopped();
  }

  readonly handlers = {
    'candidates.list': () => ({ servers: [...this.found], problems: [...this.problems] }),
    'drafts.create': ({ candidates }) => {
      const id = `d-${this.#next++}`;
      const servers = candidates ? this.#serversOf(candidates, []) : [empty];
      const draft: Draft = {
        id,
        servers,
        controlPlane: 'https://api.openai.com',
        tunnelId: '',
        hasKey: false,
        name: servers[0]?.origin?.name ?? '',
        startWithApp: true,
      };
      this.drafts.set(id, draft);
      return draft;
    },
    'drafts.add': ({ id, candidates }) => {
      const draft = this.#draft(id);
      const before = draft.servers.filter((server) => targetOf(server) !== '');
      const more = this.#serversOf(candidates, before);
      const next = { ...draft, name: draft.name || (more[0]?.origin?.name ?? ''), servers: [...before, ...more] };
      this.drafts.set(id, next);
      return next;
    },
    'drafts.get': ({ id }) => this.#draft(id),
    'drafts.update': ({ id, patch }) => {
      const next = { ...this.#draft(id), ...patch } as Draft;
      this.drafts.set(id, next);
      return next;
    },
    'drafts.describe': ({ id, key }) => {
      const server = this.#server(id, key);
      if (server.kind !== 'stdio') throw new TunnelError('bad_request', 'local', {});
      const [program = '', ...args] = server.command.split(' ');
      return {
        hash: server.command,
        ...(program === 'missing' ? {} : { program: `/home/you/.local/bin/${program}` }),
        args,
        cwd: server.cwd ?? '/home/you',
        env: server.env.map(({ name, kind }) => ({
          name,
          source: kind === 'secret' ? ('keychain' as const) : ('plain' as const),
        })),
        approved: this.approved.has(server.command),
        changed: false,
        ...(program === 'missing'
          ? { error: { code: 'command_not_found', leg: 'local', params: { program } } as const }
          : {}),
      };
    },
    'drafts.approve': ({ hash }) => void this.approved.add(hash),
    'drafts.probeServer': async ({ id, key }, caller) => {
      const server = this.#server(id, key);
      const fails = server.kind === 'http' && server.url.includes(':1/');
      if (fails) {
        const error = { code: 'connect_refused', leg: 'mcp-server', params: { address: '127.0.0.1:1' } } as const;
        return this.#tell(
          caller,
          id,
          'server',
          [{ step: 'server.reached', outcome: 'fail', layer: 'mcp-server', at: 0, ms: 3, facts: {}, error }],
          key,
        );
      }
      const steps = [
        proof('program.resolved', 'app', { program: '/home/you/.local/bin/uv' }, 2),
        proof(
          'server.handshake',
          'mcp-server',
          { name: 'crm-mcp', version: '1.4.2', protocolVersions: ['2026-07-28', '2025-11-25'] },
          410,
        ),
        proof('server.tools', 'mcp-server', { count: toolNames.length, tools: toolNames }, 18),
      ];
      const result = await this.#tell(caller, id, 'server', steps, key);
      return {
        ...result,
        server: { name: 'crm-mcp', version: '1.4.2', protocolVersions: ['2026-07-28'], tools: ['search_contract'] },
      };
    },
    'drafts.probeControlPlane': async ({ id }, caller) => {
      const { tunnelId } = this.#draft(id);
      const error = { code: 'tunnel_not_found', leg: 'control-plane', params: { tunnelId, status: 404 } } as const;
      const usable = (): boolean => {
        const left = this.#fresh.get(tunnelId) ?? 0;
        if (Number.isFinite(left)) this.#fresh.set(tunnelId, left - 1);
        return left <= 0;
      };
      if (!(await this.#wait(caller, id, 'new-tunnel', usable, error)))
        return this.#tell(caller, id, 'control-plane', [
          { step: 'control-plane.metadata', outcome: 'fail', layer: 'app', at: 0, ms: 40, facts: {}, error },
        ]);
      return this.#tell(caller, id, 'control-plane', [
        proof('control-plane.dns', 'network', { host: 'api.openai.com', addresses: ['162.159.140.245'] }, 12),
        proof('control-plane.tls', 'network', { protocol: 'TLSv1.3', subject: 'api.openai.com', daysLeft: 61 }, 34),
        proof('control-plane.reached', 'control-plane', { status: 401 }, 38),
      ]);
    },
    'drafts.probeKey': async ({ id, patience }, caller) => {
      const draft = this.#draft(id);
      const readOnly = draft.tunnelId.endsWith('ffff');
      const steps = [
        proof(
          'control-plane.metadata',
          'control-plane',
          { name: 'CRM', description: 'Read-only CRM of the Lyon office' },
          41,
        ),
      ];
      const forbidden = { code: 'forbidden', leg: 'control-plane', params: { tunnelId: draft.tunnelId } } as const;
      const active = (): boolean => this.roleIsActive;
      if (readOnly && !(patience === 'new-role' && (await this.#wait(caller, id, 'new-role', active, forbidden))))
        return this.#tell(caller, id, 'key', [
          ...steps,
          { step: 'key.use', outcome: 'fail', layer: 'app', at: 0, ms: 40, facts: {}, error: forbidden },
        ]);
      const result = await this.#tell(caller, id, 'key', [
        ...steps,
        proof('key.use', 'control-plane', { roundTripMs: 38 }, 38),
      ]);
      this.#addTunnel(
        view(
          snapshot(
            id,
            draft.name || 'CRM',
            { kind: 'connected', since: Date.now() },
            draft.servers.map((server) =>
              channel(server.channel, targetOf(server), ready('crm-mcp', '1.4.2', ['search_contract'])),
            ),
            {
              roundTripMs: 38,
              tunnelId: draft.tunnelId,
            },
          ),
          { draft: true },
        ),
      );
      return result;
    },
    'drafts.cancelProbe': () => this.#stopWaiting?.(),
    'drafts.adopt': ({ id }) => ({ id }),
    'drafts.discard': ({ id }) => void this.drafts.delete(id),
  } satisfies Partial<Handlers>;
}
