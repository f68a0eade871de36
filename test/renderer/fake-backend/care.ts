import type { Check, DoctorRun } from '../../../shared/doctor.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { LogLine } from '../../../shared/log.ts';
import { ids } from './tunnels.ts';

const checks = (at: number): Check[] => [
  {
    id: 'clock',
    title: 'Clock of this machine',
    why: 'Certificates and deadlines are judged by it.',
    state: 'pass',
    ms: 41,
    evidence: [{ step: 'clock.offset', outcome: 'pass', layer: 'app', at, ms: 41, facts: { offsetMs: 180 } }],
  },
  {
    id: 'keychain',
    title: 'Keychain',
    why: 'Keys are kept there, and read from there when a tunnel starts.',
    state: 'pass',
    ms: 12,
    evidence: [
      { step: 'keychain.round-trip', outcome: 'pass', layer: 'app', at, ms: 12, facts: { backend: 'gnome-keyring' } },
    ],
  },
  {
    id: 'dns',
    title: 'Name lookup of the control plane',
    why: 'Without an address there is nothing to connect to.',
    profile: ids.staging,
    state: 'pass',
    ms: 9,
    evidence: [
      {
        step: 'control-plane.dns',
        outcome: 'pass',
        layer: 'network',
        at,
        ms: 9,
        facts: { host: 'api.openai.com', addresses: ['162.159.140.245', '172.66.0.243'] },
      },
    ],
  },
  {
    id: 'tls',
    title: 'Certificate of the control plane',
    why: 'A proxy that inspects TLS shows here.',
    profile: ids.staging,
    state: 'warn',
    ms: 61,
    evidence: [
      {
        step: 'control-plane.tls',
        outcome: 'warn',
        layer: 'network',
        at,
        ms: 61,
        facts: {
          subject: 'api.openai.com',
          issuer: 'Corp Inspection CA',
          chain: ['api.openai.com until 2026-11-27', 'Corp Inspection CA until 2031-01-01'],
          daysLeft: 6,
          summary: 'The certificate of api.openai.com expires in 6 days; whoever runs the other end has to renew it.',
        },
      },
    ],
  },
  {
    id: 'server',
    title: 'MCP server',
    why: 'It is started, greeted and asked for its tools, as a call would.',
    profile: ids.staging,
    channel: 'main',
    state: 'fail',
    ms: 310,
    evidence: [
      {
        step: 'server.handshake',
        outcome: 'fail',
        layer: 'mcp-server',
        at,
        ms: 310,
        facts: { program: '/home/you/.local/bin/pg-mcp', exitCode: 1 },
        error: {
          code: 'server_exited',
          leg: 'mcp-server',
          params: { channel: 'main', exitCode: 1, stderr: 'password authentication failed for user "mcp"' },
        },
      },
    ],
  },
  {
    id: 'folder',
    title: 'Folder of the server',
    why: 'A server that is started in the wrong folder does not find its files.',
    profile: ids.docs,
    channel: 'main',
    state: 'fail',
    ms: 1,
    evidence: [
      {
        step: 'folder',
        outcome: 'fail',
        layer: 'app',
        at,
        ms: 1,
        facts: { folder: '/home/you/doc' },
        error: { code: 'folder_missing', leg: 'local', params: { folder: '/home/you/doc', channel: 'main' } },
      },
    ],
    fix: {
      id: 'f1',
      kind: 'profile.folder',
      summary: 'Use /home/you/docs, where server.mjs is.',
      before: 'cwd: /home/you/doc',
      after: 'cwd: /home/you/docs',
    },
  },
];

export const finishedRun = (): DoctorRun => ({
  id: 1,
  startedAt: Date.now() - 5000,
  finishedAt: Date.now() - 4000,
  cancelled: false,
  checks: checks(Date.now() - 4500),
});

/** Walks through the checks one by one. */
export async function walk(
  tell: (run: DoctorRun) => void,
  stepMs: number,
  isCancelled: () => boolean,
): Promise<DoctorRun> {
  const startedAt = Date.now();
  const all = checks(startedAt);
  let run: DoctorRun = {
    id: 2,
    startedAt,
    cancelled: false,
    checks: all.map((check) => ({ ...check, state: 'pending', evidence: [] })),
  };
  for (const [index, check] of all.entries()) {
    if (isCancelled()) break;
    run = { ...run, checks: run.checks.map((each, i) => (i === index ? { ...each, state: 'running' } : each)) };
    tell(run);
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    run = { ...run, checks: run.checks.map((each, i) => (i === index ? check : each)) };
  }
  run = { ...run, finishedAt: Date.now(), cancelled: isCancelled() };
  tell(run);
  return run;
}

const sentences: readonly (readonly [LogLine['level'], string])[] = [
  ['info', 'tunnel connected'],
  ['debug', 'poll answered with nothing'],
  ['info', 'call answered'],
  ['warn', 'server restarted after exit'],
  ['error', 'server exits on start'],
  ['debug', 'poll sent'],
];

export const logLines = (amount: number): LogLine[] =>
  Array.from({ length: amount }, (_, i) => {
    const [level, message] = sentences[(i * 7) % sentences.length]!;
    return {
      seq: i + 1,
      at: Date.now() - (amount - i) * 900,
      level,
      message,
      tunnel: i % 3 === 0 ? 'Staging database' : 'CRM on this laptop',
      channel: 'main',
      fields: level === 'error' ? { exitCode: 1, attempt: 5 } : { ms: (i * 13) % 90 },
    };
  });

export const logHandlers = (lines: LogLine[], followers: Set<Caller>) =>
  ({
    'logs.follow': (_, caller) => {
      followers.add(caller);
      caller.onGone(() => followers.delete(caller));
      return { lines, level: 'info' as const };
    },
    'logs.unfollow': (_, caller) => void followers.delete(caller),
  }) satisfies Partial<Handlers>;
