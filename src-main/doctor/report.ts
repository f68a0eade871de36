import type { Check, DoctorRun } from '../../shared/doctor.ts';
import { describeEvidence, factName, saidFacts } from '../../shared/evidence-words.ts';
import { describe } from '../../shared/messages.ts';
import { clean } from '../observe/log-format.ts';
import { version } from '../base/version.ts';

const marks: Readonly<Record<Check['state'], string>> = {
  pending: '·',
  running: '…',
  pass: '✓',
  warn: '!',
  fail: '✗',
  skip: '-',
};

export interface ReportOptions {
  /** Say why each check matters, with all evidence. */
  readonly explain?: boolean;
  /** Names of profiles by id: told where there are several. */
  readonly names?: ReadonlyMap<string, string>;
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** What somebody said, each line of it indented. */
const heard = (text: string): string[] => [
  `    ${factName('answered')}:`,
  ...text.split('\n').map((line) => `      ${line}`),
];

function linesOf(check: Check, { explain = false, names }: ReportOptions): string[] {
  const { state, title, channel, profile, evidence, why, fix } = check;
  const worst =
    evidence.find(({ outcome }) => outcome === 'fail') ??
    evidence.find(({ outcome }) => outcome === 'warn') ??
    evidence.at(-1);
  const name = names && names.size > 1 && profile !== undefined ? `${names.get(profile) ?? profile}: ` : '';
  const what = worst ? describeEvidence(worst).what : '';
  const lines = [
    `${marks[state]} ${name}${title}${channel === undefined ? '' : ` (${channel})`}${what === '' ? '' : `: ${what}`}`,
  ];
  if (worst?.error && (state === 'fail' || state === 'warn')) {
    const { cause, next } = describe(worst.error);
    lines.push(`    ${cause}`, `    Next: ${next}`);
    const { answered } = worst.facts;
    if (answered !== undefined && !explain) lines.push(...heard(String(answered)));
  }
  if (explain) {
    lines.push(`    Why: ${why}`);
    for (const each of evidence) {
      const took = each.ms === undefined ? '' : ` (${Math.round(each.ms)} ms)`;
      lines.push(`    ${marks[each.outcome]} ${describeEvidence(each).what}${took}`);
      for (const [fact, value] of Object.entries(each.facts))
        if (!saidFacts.has(fact)) lines.push(`      ${factName(fact)}: ${shown(value)}`);
    }
  }
  if (fix) lines.push(`    Fix: ${fix.summary} (culvert doctor --fix)`);
  return lines;
}

/** A run as text: one line a check, and below what failed the reason and the next step. */
export function reportOf(run: DoctorRun, options: ReportOptions = {}): string {
  const count = (state: Check['state']): number => run.checks.filter((check) => check.state === state).length;
  const sum = `${count('pass')} passed, ${count('fail')} failed, ${count('warn')} to look at, ${count('skip')} skipped`;
  return [
    ...run.checks.flatMap((check) => linesOf(check, options)).map(clean),
    '',
    `${sum}${run.cancelled ? ', cancelled' : ''}. Culvert ${version}.`,
    '',
  ].join('\n');
}
