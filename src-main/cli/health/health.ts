import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { TunnelError } from '../../../shared/errors.ts';
import { signal } from '../../process/tree.ts';
import { exitCodes } from '../exit.ts';
import type { HealthArguments } from './health-command.ts';

/** What was asked and heard of one address, by the reference client's names. */
interface Probe {
  readonly url?: string;
  readonly ok: boolean;
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
}

interface Locator {
  readonly kind: 'url' | 'url_file' | 'port';
  readonly url?: string;
  readonly url_file?: string;
  readonly port?: number;
  readonly resolved_base_url?: string;
  readonly error?: string;
}

interface ProcessReport {
  readonly pid?: number;
  readonly pid_file?: string;
  readonly running: boolean;
  readonly error?: string;
}

interface Report {
  readonly locator: Locator;
  readonly process?: ProcessReport;
  readonly base_url?: string;
  readonly ui_url?: string;
  readonly healthz: Probe;
  readonly readyz: Probe;
  readonly control_plane_poll?: { url?: string; value?: number; ok: boolean; error?: string };
  readonly result: 'ok' | 'fail';
}

const limitMs = 2_000;
const mostBytes = 4 * 1024 * 1024;
const pollMetric = 'commands_poll_last_successful_timestamp_seconds';

const wrong = (field: string, problem: string): TunnelError =>
  new TunnelError('config_invalid', 'local', { field, file: 'the command line', problem });

/** Without the path of a probe; `host:port` is an address, too. Undefined for what is none. */
function baseUrl(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  const path = url.pathname.replace(/\/(?:healthz|readyz)?$/, '');
  return url.protocol === 'http:' ? url.origin + path : undefined;
}

async function locate({ url, urlFile, port }: HealthArguments): Promise<Locator> {
  if (url !== undefined) {
    const base = baseUrl(url);
    return {
      kind: 'url',
      url: url.trim(),
      ...(base ? { resolved_base_url: base } : { error: 'it is no http address' }),
    };
  }
  if (urlFile === undefined)
    return { kind: 'port', port: port ?? 0, resolved_base_url: `http://127.0.0.1:${port ?? 0}` };
  try {
    const base = baseUrl(await readFile(urlFile, 'utf8'));
    return {
      kind: 'url_file',
      url_file: urlFile,
      ...(base ? { resolved_base_url: base } : { error: `${urlFile} holds no http address` }),
    };
  } catch (error) {
    return { kind: 'url_file', url_file: urlFile, error: `${urlFile} cannot be read (${codeOf(error)})` };
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

function get(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { timeout: limitMs, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= mostBytes) chunks.push(chunk);
        else asking.destroy(new Error('the answer is too large'));
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.once('error', reject);
    });
    const timer = setTimeout(() => asking.destroy(new Error(`no answer within ${limitMs / 1_000} s`)), limitMs);
    asking.once('close', () => clearTimeout(timer));
    asking.once('error', reject);
    asking.end();
  });
}

async function probe(base: string | undefined, path: string): Promise<Probe> {
  if (base === undefined) return { ok: false };
  const url = base + path;
  try {
    const { status, body } = await get(url);
    return { url, ok: status === 200, status, body: body.trim().slice(0, 2_000) };
  } catch (error) {
    return { url, ok: false, error: describe(error) };
  }
}

const describe = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};

async function pollProbe(base: string | undefined): Promise<Report['control_plane_poll']> {
  if (base === undefined) return { ok: false };
  const url = `${base}/metrics`;
  try {
    const { status, body } = await get(url);
    if (status !== 200) return { url, ok: false, error: `HTTP ${status}` };
    const line = body.split('\n').find((one) => one.startsWith(`${pollMetric} `) || one.startsWith(`${pollMetric}{`));
    const value = Number(line?.trim().split(/\s+/).at(-1));
    if (line === undefined || Number.isNaN(value)) return { url, ok: false, error: `${pollMetric} is missing` };
    return value > 0 ? { url, value, ok: true } : { url, ok: false, error: 'no poll has succeeded so far' };
  } catch (error) {
    return { url, ok: false, error: describe(error) };
  }
}

async function lookAtProcess({ pid, pidFile }: HealthArguments): Promise<ProcessReport | undefined> {
  if (pid !== undefined) return { pid, running: signal(pid, 0) };
  if (pidFile === undefined) return undefined;
  try {
    const text = (await readFile(pidFile, 'utf8')).trim();
    if (!/^[1-9]\d{0,9}$/.test(text))
      return { pid_file: pidFile, running: false, error: `${pidFile} holds no process id` };
    return { pid: Number(text), pid_file: pidFile, running: signal(Number(text), 0) };
  } catch (error) {
    return { pid_file: pidFile, running: false, error: `${pidFile} cannot be read (${codeOf(error)})` };
  }
}

/** `culvert health`, by the reference client's flags, fields and exit codes. Rejects with `config_invalid`. */
export async function health(given: HealthArguments): Promise<number> {
  const named = [given.url, given.urlFile, given.port].filter((one) => one !== undefined);
  if (named.length !== 1) throw wrong('--url, --url-file, --port', 'exactly one of them is wanted');
  if (given.pid !== undefined && given.pidFile !== undefined)
    throw wrong('--pid, --pid-file', 'at most one of them is wanted');
  const locator = await locate(given);
  const base = locator.resolved_base_url;
  const [healthz, readyz, polled, running] = await Promise.all([
    probe(base, '/healthz'),
    probe(base, '/readyz'),
    given.requireControlPlanePoll ? pollProbe(base) : undefined,
    lookAtProcess(given),
  ]);
  const isOk =
    locator.error === undefined &&
    healthz.ok &&
    readyz.ok &&
    (running === undefined || (running.running && running.error === undefined)) &&
    polled?.ok !== false;
  const report: Report = {
    locator,
    ...(running && { process: running }),
    ...(base !== undefined && { base_url: base, ui_url: `${base}/ui` }),
    healthz,
    readyz,
    ...(polled && { control_plane_poll: polled }),
    result: isOk ? 'ok' : 'fail',
  };
  process.stdout.write(given.json ? `${JSON.stringify(report, undefined, 2)}\n` : inWords(report));
  return isOk ? exitCodes.done : exitCodes.usage;
}

const verdict = (ok: boolean): string => (ok ? 'PASS' : 'FAIL');
const line = (label: string, ...parts: readonly (string | undefined)[]): string =>
  `${label}: ${parts.filter((part) => part !== undefined && part !== '').join(' | ')}\n`;
const probeLine = (label: string, { ok, url, status, error, body }: Probe): string =>
  line(label, verdict(ok), url, status === undefined ? undefined : `HTTP ${status}`, error ?? body);

function inWords(report: Report): string {
  const { locator, process: running, control_plane_poll: polled } = report;
  const named = locator.url ?? locator.url_file ?? locator.port ?? '';
  return [
    line('Locator', `${locator.kind}=${named}`),
    ...(locator.error === undefined ? [] : [line('Locator error', locator.error)]),
    ...(report.base_url === undefined ? [] : [line('Base URL', report.base_url), line('UI URL', report.ui_url)]),
    probeLine('Healthz', report.healthz),
    probeLine('Readyz', report.readyz),
    ...(polled
      ? [
          line(
            'Control-plane poll',
            verdict(polled.ok),
            polled.url,
            polled.value === undefined ? polled.error : `last_success_unix_seconds=${Math.round(polled.value)}`,
          ),
        ]
      : []),
    ...(running
      ? [
          line(
            'Process',
            verdict(running.running && running.error === undefined),
            running.pid === undefined ? undefined : `pid=${running.pid}`,
            running.pid_file === undefined ? undefined : `pid_file=${running.pid_file}`,
            running.error,
          ),
        ]
      : []),
    line('Result', report.result.toUpperCase()),
  ].join('');
}
