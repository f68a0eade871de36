import type { Draft } from '../../../shared/draft.ts';
import { TunnelError, type TunnelErrorData } from '../../../shared/errors.ts';
import type { Evidence } from '../../../shared/evidence.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { DraftWait } from '../../../shared/managed-tunnel.ts';
import { channel, ready, snapshot, view } from './tunnels.ts';
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

export class FakeWizard {
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

  /** @param fresh - tunnels created a moment ago, with how many tries they are not usable for */
  constructor(addTunnel: (view: TunnelView) => void, stepMs: number, fresh: Map<string, number>) {
    this.#addTunnel = addTunnel;
    this.#fresh = fresh;
    this.#stepMs = stepMs;
  }

  #draft(id: string): Draft {
    const draft = this.drafts.get(id);
    if (!draft) throw new TunnelError('not_found', 'local', { what: 'The draft' });
    return draft;
  }

  async #tell(caller: Caller, id: string, probe: 'server' | 'control-plane' | 'key', steps: Evidence[]) {
    for (const evidence of steps) {
      await new Promise((resolve) => setTimeout(resolve, this.#stepMs));
      caller.send('draft.evidence', { id, probe, evidence: { ...evidence, at: Date.now() } });
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
    'candidates.list': () => [
      {
        id: 'c1',
        source: 'claude-desktop',
        file: '~/.config/Claude/claude_desktop_config.json',
        name: 'crm',
        target: 'uv run server.py --read-only',
        kind: 'stdio',
        cwd: '/home/you/crm',
        envNames: ['CRM_URL', 'CRM_TOKEN'],
      },
      {
        id: 'c2',
        source: 'cursor',
        file: '~/.cursor/mcp.json',
        name: 'postgres',
        target: 'npx -y @modelcontextprotocol/server-postgres',
        kind: 'stdio',
        envNames: ['PG_DSN'],
      },
      {
        id: 'c3',
        source: 'vscode',
        file: '~/.config/Code/User/mcp.json',
        name: 'docs',
        target: 'http://127.0.0.1:7311/mcp',
        kind: 'http',
        envNames: [],
      },
    ],
    'drafts.create': ({ candidate }) => {
      const id = `d-${this.#next++}`;
      const found = candidate === 'c1';
      const draft: Draft = {
        id,
        server: {
          kind: 'stdio',
          command: found ? 'uv run server.py --read-only' : '',
          ...(found ? { cwd: '/home/you/crm' } : {}),
          env: found
            ? [
                { name: 'CRM_URL', kind: 'plain', value: 'http://crm.internal' },
                { name: 'CRM_TOKEN', kind: 'secret', value: '' },
              ]
            : [],
        },
        controlPlane: 'https://api.openai.com',
        tunnelId: '',
        hasKey: false,
        name: found ? 'crm' : '',
        startWithApp: true,
      };
      this.drafts.set(id, draft);
      return draft;
    },
    'drafts.get': ({ id }) => this.#draft(id),
    'drafts.update': ({ id, patch }) => {
      const next = { ...this.#draft(id), ...patch } as Draft;
      this.drafts.set(id, next);
      return next;
    },
    'drafts.describe': ({ id }) => {
      const { server } = this.#draft(id);
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
    'drafts.probeServer': async ({ id }, caller) => {
      const { server } = this.#draft(id);
      const fails = server.kind === 'http' && server.url.includes(':1/');
      if (fails) {
        const error = { code: 'connect_refused', leg: 'mcp-server', params: { address: '127.0.0.1:1' } } as const;
        return this.#tell(caller, id, 'server', [
          { step: 'server.reached', outcome: 'fail', layer: 'mcp-server', at: 0, ms: 3, facts: {}, error },
        ]);
      }
      const result = await this.#tell(caller, id, 'server', [
        proof('program.resolved', 'app', { program: '/home/you/.local/bin/uv' }, 2),
        proof(
          'server.handshake',
          'mcp-server',
          { name: 'crm-mcp', version: '1.4.2', protocolVersions: ['2026-07-28', '2025-11-25'] },
          410,
        ),
        proof(
          'server.tools',
          'mcp-server',
          {
            count: 9,
            tools: [
              'search_contract',
              'get_customer',
              'export_ledger',
              'rebuild_index',
              'list_invoices',
              'add_note',
              'close_case',
              'open_case',
              'audit',
            ],
          },
          18,
        ),
      ]);
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
    'drafts.probeKey': async ({ id, patient }, caller) => {
      const draft = this.#draft(id);
      const readOnly = draft.tunnelId.endsWith('ffff');
      const name = draft.server.kind === 'stdio' ? 'uv run server.py --read-only' : draft.server.url;
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
      if (readOnly && !(patient === true && (await this.#wait(caller, id, 'new-role', active, forbidden))))
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
            [channel('main', name, ready('crm-mcp', '1.4.2', ['search_contract']))],
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
