import type { Rates, TunnelView } from '../../../shared/app.ts';
import type { TunnelErrorData } from '../../../shared/errors.ts';
import type { ChannelSnapshot, ChannelState, TunnelSnapshot, TunnelState } from '../../../shared/tunnel.ts';
import { attribute } from '../../../src-main/diagnosis/attribution.ts';

const now = Date.now();
const minutes = (n: number): number => now - n * 60_000;

export const ids = { crm: 'p-crm', staging: 'p-staging', docs: 'p-docs', long: 'p-long' } as const;

/** As long as names and commands get: 60 characters and 200, and words that do not break by themselves. */
export const longName = 'Rechtsschutzversicherungsgesellschaften, Bezirksstelle Köln';
export const longCommand =
  '/home/you/Projekte/Donaudampfschifffahrtsgesellschaft/.venv/bin/python -m kundenbeziehungsverwaltung.server ' +
  '--konfiguration=/etc/kundenbeziehungsverwaltung/produktionsumgebung.yaml --nur-lesezugriff --protokoll=ausführlich';

export const toolNames = [
  'search_contract',
  'get_customer',
  'export_ledger',
  'rebuild_index',
  'list_invoices',
  'add_note',
  'close_case',
  'open_case',
  'audit',
];

export const noRates: Rates = {
  perMinute: Array<number>(60).fill(0),
  errorsPerMinute: Array<number>(60).fill(0),
  calls: 0,
  errors: 0,
};

export const busyRates: Rates = {
  perMinute: Array.from({ length: 60 }, (_, i) => Math.max(0, Math.round(5 + 4 * Math.sin(i / 5) + ((i * 7) % 5) - 2))),
  errorsPerMinute: Array.from({ length: 60 }, (_, i) => (i === 21 || i === 44 ? 1 : 0)),
  calls: 318,
  errors: 2,
  p50Ms: 84,
  p95Ms: 310,
};

export const ready = (name: string, version: string, tools: readonly string[], pid = 48_211): ChannelState => ({
  kind: 'ready',
  since: minutes(190),
  pid,
  server: { name, version, protocolVersions: ['2026-07-28', '2025-11-25'], tools: [...tools] },
});

export const channel = (name: string, target: string, state: ChannelState): ChannelSnapshot => ({
  name,
  transport: target.startsWith('http') ? 'http' : 'stdio',
  target,
  state,
  inFlight: 0,
  ...(state.kind === 'ready' ? { lastAnswerAt: now - 4000 } : {}),
});

export function snapshot(
  id: string,
  name: string,
  state: TunnelState,
  channels: readonly ChannelSnapshot[],
  rest: Partial<TunnelSnapshot> = {},
): TunnelSnapshot {
  return {
    id,
    name,
    tunnelId: `tunnel_7f3c${id
      .replace(/[^a-z0-9]/g, '')
      .padEnd(24, '0')
      .slice(0, 24)}91be`,
    controlPlane: 'https://api.openai.com',
    state,
    channels: [...channels],
    queue: { depth: 0, capacity: 20 },
    inFlight: 0,
    pollsOut: 1,
    counts: { commands: 1284, answered: 1276, errors: 6, dropped: 2, duplicates: 0 },
    ...rest,
  };
}

export const view = (tunnel: TunnelSnapshot, rest: Partial<TunnelView> = {}): TunnelView => ({
  id: tunnel.id,
  snapshot: tunnel,
  verdict: attribute(tunnel, Date.now()),
  rates: noRates,
  certificates: [],
  draft: false,
  demo: false,
  ...rest,
});

const liveFacts = { lastPollAt: now - 900, lastCommandAt: now - 4000, lastAnswerAt: now - 3900, roundTripMs: 38 };

export const crm = (): TunnelView =>
  view(
    snapshot(
      ids.crm,
      'CRM on this laptop',
      { kind: 'connected', since: minutes(190) },
      [
        channel('main', 'uv run server.py --read-only', ready('crm-mcp', '1.4.2', toolNames)),
        channel('docs', 'http://127.0.0.1:7311/mcp', ready('docs-mcp', '0.9.0', ['search', 'fetch', 'list'])),
      ],
      liveFacts,
    ),
    {
      rates: busyRates,
      caller: { name: 'openai-mcp', version: '1.0.0' },
      certificates: [{ of: 'control-plane', subject: 'api.openai.com', notAfter: now + 61.5 * 86_400_000 }],
    },
  );

export const single = (): TunnelView => {
  const both = crm();
  const tunnel = { ...both.snapshot, channels: both.snapshot.channels.slice(0, 1) };
  return { ...both, snapshot: tunnel };
};

export const crashLoop = (): TunnelView =>
  view(
    snapshot(
      ids.staging,
      'Staging database',
      { kind: 'degraded', since: minutes(3), channels: ['main'] },
      [
        channel('main', '/home/you/.local/bin/pg-mcp --dsn env:PG_DSN', {
          kind: 'crash-loop',
          since: minutes(3),
          attempt: 5,
          nextTryAt: now + 14_000,
          exit: {
            at: now - 20_000,
            exitCode: 1,
            signal: null,
            stderr: [
              'pg-mcp 2.1.0 starting',
              'connecting to db.staging.internal:5432 as mcp',
              'FATAL: password authentication failed for user "mcp"',
            ],
          },
        }),
      ],
      { lastPollAt: now - 500, lastCommandAt: minutes(2), roundTripMs: 41 },
    ),
    {
      rates: {
        ...noRates,
        calls: 12,
        errors: 12,
        perMinute: [...Array<number>(56).fill(0), 3, 5, 4, 0],
        errorsPerMinute: [...Array<number>(56).fill(0), 3, 5, 4, 0],
      },
    },
  );

export const stopped = (): TunnelView =>
  view(
    snapshot(ids.docs, 'Docs search', { kind: 'stopped', since: minutes(19) }, [
      channel('main', 'npx -y docs-mcp', { kind: 'stopped', since: minutes(19) }),
    ]),
  );

const waitingFor = (error: TunnelErrorData): TunnelState => ({
  kind: 'waiting',
  since: minutes(2),
  error,
  attempt: 4,
  nextTryAt: Date.now() + 14_000,
});

export const offline = (): TunnelView => {
  const { snapshot: tunnel } = single();
  return view(
    {
      ...tunnel,
      state: waitingFor({
        code: 'dns_failed',
        leg: 'control-plane',
        params: { host: 'api.openai.com', detail: 'ENOTFOUND' },
      }),
      pollsOut: 0,
    },
    { rates: busyRates, caller: { name: 'openai-mcp' } },
  );
};

export const refusedKey = (): TunnelView => {
  const { snapshot: tunnel } = single();
  const error: TunnelErrorData = { code: 'unauthorized', leg: 'control-plane', params: {} };
  return view(
    {
      ...tunnel,
      state: { kind: 'unauthorised', since: minutes(6), error, nextTryAt: Date.now() + 55_000 },
      pollsOut: 0,
    },
    { rates: busyRates },
  );
};

export const notApproved = (): TunnelView => {
  const error: TunnelErrorData = { code: 'command_not_approved', leg: 'local', params: { channel: 'main' } };
  return view(
    snapshot(ids.docs, 'Docs search', { kind: 'degraded', since: minutes(1), channels: ['main'] }, [
      channel('main', 'npx -y docs-mcp', { kind: 'unusable', since: minutes(1), error }),
    ]),
  );
};

/** A call that its server has kept for long: nothing is broken, somebody may want to know. */
export const slow = (): TunnelView => {
  const { snapshot: tunnel, ...rest } = single();
  const call = {
    inFlight: 1,
    oldestCallAt: now - 42_000,
    quietCall: { channel: 'main', since: now - 42_000, longAt: now - 12_000 },
    channels: tunnel.channels.map((each) => ({ ...each, inFlight: 1 })),
  };
  const { rates, caller, certificates } = rest;
  return view({ ...tunnel, ...call }, { rates, certificates, ...(caller ? { caller } : {}) });
};

/** A tunnel that somebody has deleted where it was made. */
export const deleted = (): TunnelView => {
  const { snapshot: tunnel } = single();
  const error: TunnelErrorData = {
    code: 'tunnel_not_found',
    leg: 'control-plane',
    params: { tunnelId: tunnel.tunnelId, status: 404 },
  };
  return view(
    {
      ...tunnel,
      state: { kind: 'unauthorised', since: minutes(6), error, nextTryAt: Date.now() + 55_000 },
      pollsOut: 0,
    },
    { rates: busyRates },
  );
};

/** Everything as long as it gets, with several servers of which one is broken. */
export const long = (): TunnelView =>
  view(
    snapshot(
      ids.long,
      longName,
      { kind: 'degraded', since: minutes(3), channels: ['kundenbeziehungsverwaltung'] },
      [
        channel('main', longCommand, ready('kundenbeziehungsverwaltung-server-produktion', '12.4.0-beta.3', toolNames)),
        channel('kundenbeziehungsverwaltung', longCommand, {
          kind: 'unusable',
          since: minutes(3),
          error: { code: 'command_not_found', leg: 'local', params: { command: longCommand } },
        }),
        channel('archiv', 'http://dokumentenverwaltung.bezirksstelle-koeln.example.internal:7311/mcp', {
          kind: 'starting',
          since: now,
        }),
      ],
      {
        ...liveFacts,
        controlPlane: 'https://tunnel-steuerungsebene.bezirksstelle-koeln.example.internal:8443',
        title: longName.toUpperCase(),
        description: `${longName}. ${longCommand}`,
      },
    ),
    { rates: { ...busyRates, calls: 12_345_678, p95Ms: 123_456 }, caller: { name: 'openai-mcp-connector-enterprise' } },
  );

export const nothingArrived = (): TunnelView => {
  const { snapshot: tunnel } = single();
  const quiet: Partial<TunnelSnapshot> = { ...tunnel };
  delete quiet.lastCommandAt;
  delete quiet.lastAnswerAt;
  return view({
    ...(quiet as TunnelSnapshot),
    state: { kind: 'connected', since: minutes(5) },
    counts: { commands: 0, answered: 0, errors: 0, dropped: 0, duplicates: 0 },
  });
};
