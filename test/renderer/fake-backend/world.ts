import type { AppDelta, AppSnapshot, TunnelView } from '../../../shared/app.ts';
import { TunnelError } from '../../../shared/errors.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { Callers } from '../../../src-main/api/callers.ts';
import { finishedRun, logHandlers, logLines, walk } from './care.ts';
import { FakeManagement } from './management.ts';
import { manyServers, usualServers } from './found-servers.ts';
import { FakeProfiles } from './profiles.ts';
import { FakeTraces } from './traces.ts';
import { fewTunnels, longTunnels, manyTunnels } from './tunnel-records.ts';
import * as made from './tunnels.ts';
import { FakeWizard } from './wizard.ts';

export const scenarios = [
  'empty',
  'healthy',
  'full',
  'fault',
  'offline',
  'refused',
  'consent',
  'quiet',
  'slow',
  'deleted',
  'long',
  'loading',
  'many',
  'no-keychain',
] as const;
export type Scenario = (typeof scenarios)[number];

const tunnelsOf: Readonly<Record<Scenario, () => TunnelView[]>> = {
  empty: () => [],
  healthy: () => [made.single()],
  full: () => [made.crm(), made.crashLoop(), made.stopped()],
  fault: () => [made.crashLoop()],
  offline: () => [made.offline()],
  refused: () => [made.refusedKey()],
  consent: () => [made.notApproved()],
  quiet: () => [made.nothingArrived()],
  slow: () => [made.slow()],
  deleted: () => [made.deleted()],
  long: () => [made.long()],
  loading: () => [],
  many: () => [made.crm()],
  'no-keychain': () => [],
};

/** What managing tunnels comes to. */
const failures: Readonly<Partial<Record<Scenario, TunnelError>>> = {
  refused: new TunnelError('admin_key_refused', 'control-plane', { status: 401 }),
  offline: new TunnelError('dns_failed', 'control-plane', { host: 'api.openai.com', detail: 'EAI_AGAIN' }),
};

/** Everything the renderer talks to, without an engine: the states are made, the contract is real. */
export class World {
  readonly callers = new Callers();
  readonly traces: FakeTraces;
  readonly profiles: FakeProfiles;
  readonly wizard: FakeWizard;
  readonly management: FakeManagement;
  /** Calls that came, by name, for tests. */
  readonly heard: { name: string; args: unknown }[] = [];
  state: AppSnapshot;
  readonly #scenario: Scenario;
  readonly #followers = new Set<Caller>();
  #cancelled = false;

  constructor(scenario: Scenario, stepMs = 30) {
    this.#scenario = scenario;
    const full = scenario === 'full';
    this.traces = new FakeTraces(scenario === 'many' ? 100_000 : full ? 1284 : scenario === 'empty' ? 0 : 40);
    const known = {
      full: ['crm', 'staging', 'docs'],
      fault: ['staging'],
      consent: ['docs'],
      long: ['long'],
      empty: [],
      loading: [],
      'no-keychain': [],
    } as const;
    this.profiles = new FakeProfiles(scenario in known ? known[scenario as keyof typeof known] : ['crm'], () =>
      this.tell({ profiles: this.profiles.list }),
    );
    const keychain = scenario !== 'no-keychain';
    this.management = new FakeManagement({
      kept: ['empty', 'no-keychain'].includes(scenario) ? 'none' : 'keychain',
      keychain,
      tunnels:
        scenario === 'many'
          ? manyTunnels
          : scenario === 'healthy'
            ? []
            : scenario === 'long'
              ? longTunnels
              : fewTunnels,
      failure: () => failures[scenario],
      stepMs,
    });
    this.wizard = new FakeWizard((view) => this.show(view), stepMs, {
      fresh: this.management.fresh,
      found: scenario === 'many' ? manyServers : usualServers,
    });
    this.state = {
      seq: 0,
      tunnels: tunnelsOf[scenario](),
      profiles: this.profiles.list,
      settings: settingsSchema.parse({
        tunnelScopes:
          scenario === 'empty' ? {} : { 'https://api.openai.com': { kind: 'organization', id: 'org_8fK2mQ4xLyon' } },
        savedFilters: full ? [{ name: 'Slow tools', query: 'method:tools/call duration:>500ms' }] : [],
      }),
      capabilities: {
        host: 'browser',
        platform: 'linux',
        keychain: { backend: keychain ? 'keychain' : 'none' },
        tray: 'shown',
        startAtLogin: true,
        notifications: true,
        files: false,
        quit: true,
        demo: true,
        doctor: true,
        browserUi: true,
        supportBundle: true,
      },
      versions: {
        app: '0.1.0',
        wireProtocol: '2026-08-25',
        node: '20.18.3',
        electron: '33.4.11',
        chrome: '130.0.6723.191',
      },
      traces: this.traces.counts,
      ...(full ? { doctor: finishedRun() } : {}),
    };
    this.#stepMs = stepMs;
  }

  readonly #stepMs: number;

  tell(parts: Omit<AppDelta, 'seq'>): void {
    const seq = this.state.seq + 1;
    const { tunnels = [], removedTunnels = [], ...rest } = parts;
    const changed = new Map(tunnels.map((view) => [view.id, view]));
    const kept = this.state.tunnels
      .filter(({ id }) => !removedTunnels.includes(id))
      .map((view) => changed.get(view.id) ?? view);
    const added = tunnels.filter(({ id }) => !this.state.tunnels.some((view) => view.id === id));
    this.state = { ...this.state, ...(rest as Partial<AppSnapshot>), tunnels: [...kept, ...added], seq };
    this.callers.broadcast('app.delta', { ...parts, seq });
  }

  show(view: TunnelView): void {
    this.tell({ tunnels: [view] });
  }

  readonly #change = (id: string, change: (view: TunnelView) => TunnelView): void => {
    const view = this.state.tunnels.find((each) => each.id === id);
    if (!view) throw new TunnelError('profile_not_found', 'local', { name: id });
    this.show(change(view));
  };

  /** A real command arrives at a tunnel. */
  callArrives(id: string): void {
    this.traces.add({ tunnel: id });
    this.#change(id, (view) => {
      const snapshot = { ...view.snapshot, lastCommandAt: Date.now(), lastAnswerAt: Date.now() };
      return { ...view, caller: { name: 'openai-mcp' }, snapshot, verdict: { layer: 'none', reason: 'ok' } };
    });
    this.tell({ traces: this.traces.counts });
  }

  get handlers(): Handlers {
    const nothing = (): undefined => undefined;
    const turn =
      (kind: 'stopped' | 'connected') =>
      ({ id }: { id: string }) =>
        this.#change(id, (view) =>
          made.view({ ...view.snapshot, state: { kind, since: Date.now() } }, { rates: view.rates, draft: view.draft }),
        );
    return {
      'app.snapshot': (): Promise<AppSnapshot> | AppSnapshot =>
        this.#scenario === 'loading' ? new Promise(() => {}) : this.state,
      'app.about': () => ({
        licences: [
          {
            name: 'react',
            version: '19.3.1',
            licence: 'MIT',
            text: 'MIT License\n\nCopyright (c) Meta Platforms, Inc. and affiliates.',
          },
          { name: 'undici', version: '7.30.2', licence: 'MIT', text: 'MIT License' },
        ],
      }),
      'tunnels.start': turn('connected'),
      'tunnels.stop': turn('stopped'),
      'tunnels.startAll': nothing,
      'tunnels.stopAll': nothing,
      'tunnels.pause': ({ id, minutes }) =>
        this.#change(id, (view) => ({
          ...made.view({ ...view.snapshot, state: { kind: 'stopped', since: Date.now() } }),
          pausedUntil: Date.now() + minutes * 60_000,
        })),
      'tunnels.retry': nothing,
      'approvals.describe': () => ({
        hash: 'h1',
        program: '/usr/bin/npx',
        args: ['-y', 'docs-mcp'],
        cwd: '/home/you/docs',
        env: [{ name: 'DOCS_TOKEN', source: 'keychain' }],
        approved: false,
        changed: true,
      }),
      'approvals.approve': nothing,
      'secrets.set': ({ owner, slot }) => {
        const draft = this.wizard.drafts.get(owner);
        if (draft && slot === 'api_key') this.wizard.drafts.set(owner, { ...draft, hasKey: true });
        if (!draft) this.profiles.unsaved.set(owner, { ...this.profiles.unsaved.get(owner), [slot]: 'kept' });
        return { ref: `keychain:${owner}/${slot}` };
      },
      'secrets.delete': ({ owner, slot }) =>
        void this.profiles.unsaved.set(owner, { ...this.profiles.unsaved.get(owner), [slot]: 'gone' }),
      'secrets.replaceKey': nothing,
      'secrets.has': ({ slots }) => Object.fromEntries(slots.map((slot) => [slot, !slot.includes('.header.')])),
      'demo.start': () => {
        this.show(
          made.view(
            made.snapshot(
              'demo',
              'Demo',
              { kind: 'connected', since: Date.now() },
              [made.channel('main', 'culvert demo-server', made.ready('culvert-demo', '0.1.0', ['add', 'greet']))],
              { lastCommandAt: Date.now(), roundTripMs: 2 },
            ),
            { demo: true, mcpUrl: 'http://127.0.0.1:8791/v1/mcp/tunnel_demo' },
          ),
        );
        return {
          tunnel: 'demo',
          mcpUrl: 'http://127.0.0.1:8791/v1/mcp/tunnel_demo',
          tool: 'greet',
          answer: 'Hello from behind the tunnel',
          ms: 12,
        };
      },
      'demo.stop': () => this.tell({ removedTunnels: ['demo'] }),
      'doctor.run': () => {
        this.#cancelled = false;
        const tell = (doctor: NonNullable<AppSnapshot['doctor']>): void => this.tell({ doctor });
        return walk(tell, this.#stepMs * 4, () => this.#cancelled);
      },
      'doctor.cancel': () => {
        this.#cancelled = true;
      },
      'doctor.previewFix': () => finishedRun().checks.find(({ fix }) => fix)!.fix!,
      'doctor.applyFix': nothing,
      'doctor.report': () => ({ text: 'Culvert doctor' }),
      'settings.get': () => this.state.settings,
      'settings.set': (patch) => {
        const { notifications, seen } = this.state.settings;
        const settings = {
          ...this.state.settings,
          ...patch,
          notifications: { ...notifications, ...patch.notifications },
          seen: { ...seen, ...patch.seen },
        } as AppSnapshot['settings'];
        this.tell({ settings });
        return settings;
      },
      'system.open': nothing,
      'system.copy': nothing,
      'system.showProfile': nothing,
      'system.chooseFolder': () => undefined,
      'system.diagnostics': () => ({ text: 'culvert 0.1.0' }),
      'system.supportBundle': () => ({ kind: 'cancelled' }),
      'system.quit': nothing,
      'browser.address': () => ({ url: 'http://127.0.0.1:8090/ui?token=once' }),
      'browser.revoke': nothing,
      ...this.traces.handlers,
      ...this.profiles.handlers,
      ...(this.management.handlers as Pick<Handlers, keyof FakeManagement['handlers']>),
      ...(this.wizard.handlers as Pick<Handlers, keyof FakeWizard['handlers']>),
      ...logHandlers(this.#scenario === 'empty' ? [] : logLines(400), this.#followers),
    };
  }
}
