import { expect, test } from 'vitest';
import type { Check, DoctorRun } from '../../shared/doctor.ts';
import { factName } from '../../shared/evidence-words.ts';
import { failed, passed, skipped, warned } from '../../src-main/doctor/check.ts';
import { channelChecks, machineChecks, profileChecks, subjectChecks } from '../../src-main/doctor/checks.ts';
import { TunnelError } from '../../shared/errors.ts';
import { reportOf } from '../../src-main/doctor/report.ts';

const all = [...machineChecks({ desktop: {} } as never), ...subjectChecks, ...profileChecks, ...channelChecks];

const runOf = (...checks: readonly Partial<Check>[]): DoctorRun => ({
  id: 1,
  startedAt: 0,
  cancelled: false,
  checks: checks.map((check) => ({ id: 'x', title: 'X', why: 'Because.', state: 'pass', evidence: [], ...check })),
});

test('what is doubtful or left out is told in its own sentence, not by the name of a step', () => {
  const clock = [
    warned('clock.offset', 'app', 'This machine is 5 min ahead; switch on its time service.', { offsetMs: 1 }),
  ];
  const address = [warned('base-url', 'app', 'The key travels in plain text: this address is not https.', {})];
  const tls = [skipped('control-plane.tls', 'network', 'The address is plain http.')];
  const run = runOf(
    { title: 'Clock of this machine', state: 'warn', evidence: clock },
    { title: 'Address of the control plane', state: 'warn', evidence: address },
    { title: 'Certificate of the control plane', state: 'skip', evidence: tls },
  );
  const lines = reportOf(run).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '! Clock of this machine: This machine is 5 min ahead; switch on its time service.',
    '! Address of the control plane: The key travels in plain text: this address is not https.',
    '- Certificate of the control plane: The address is plain http.',
  ]);
  expect(reportOf(run, { explain: true })).not.toMatch(/Clock offset|Base url|base-url|\w=\w/);
});

test('--explain tells what was seen in words', () => {
  const evidence = [passed('server.reached', 'network', { url: 'http://h/mcp', notAfter: '2030-01-01', freeMiB: 3 })];
  const said = reportOf(runOf({ evidence }), { explain: true });
  expect(said).toContain('    ✓ Answers at http://h/mcp\n      URL: http://h/mcp\n');
  expect(said).toContain('Valid until: 2030-01-01');
  expect(said).toContain('Free space in MiB: 3');
  expect(factName('serverUrl')).toBe('Server URL');
});

test('a refusal tells what the control plane said, each line of it', () => {
  const answered = '2030, to a poll: 403\nvia: edge\n{"error":{}}';
  const evidence = [
    failed('key.use', new TunnelError('forbidden', 'control-plane', { status: 403 }), 'fail', { answered }),
  ];
  const said = reportOf(runOf({ state: 'fail', evidence }));
  expect(said).toContain('last words:\n      2030, to a poll: 403\n      via: edge\n      {"error":{}}\n');
});

test('the title of a check names what is looked at, in words', () => {
  for (const { title } of all) expect(title).toMatch(/^[A-Z][^._=]*$/);
  for (const { title } of all) expect(title).not.toMatch(/\b(?:url|tls|dns|Url|Tls|Dns)\b|\b(?:may|answers)\b/);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});
