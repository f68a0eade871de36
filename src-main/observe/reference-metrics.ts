import type * as PromClient from 'prom-client';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { MetricsSource } from './metrics.ts';

type Prom = typeof PromClient;
type Histogram = PromClient.Histogram;
type Registry = PromClient.Registry;
type Labels = Readonly<Record<string, string>>;

const latencyBuckets = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000];

/** Series that are read off a snapshot; a counter ends in `_total`, as the reference client's exporter writes it. */
const series: readonly (readonly [name: string, help: string, value: (tunnel: TunnelSnapshot) => number])[] = [
  ['commands_polled_total', 'Commands that polls brought', ({ counts }) => counts.commands + counts.duplicates],
  ['commands_enqueued_total', 'Commands that were taken', ({ counts }) => counts.commands],
  ['commands_poll_cycles_total', 'Polls that ended', ({ polls }) => (polls ? polls.answered + polls.failed : 0)],
  ['commands_poll_errors_total', 'Polls that failed', ({ polls }) => polls?.failed ?? 0],
  [
    'commands_poll_last_successful_timestamp_seconds',
    'Unix time of the last good poll; 0 before there was one',
    ({ lastPollAt = 0 }) => lastPollAt / 1_000,
  ],
  ['commands_queue_capacity', 'Room for commands that wait', ({ queue }) => queue.capacity],
  ['commands_queue_length', 'Commands that wait', ({ queue }) => queue.depth],
  [
    'dispatcher_worker_pool_occupancy',
    'Calls that are with their servers',
    ({ channels }) => channels.reduce((sum, { inFlight }) => sum + inFlight, 0),
  ],
];

/**
 * The reference client's series beside Culvert's own, so that its dashboards carry over (docs/deployment.md). What Culvert has no
 * like of is left out: it drops nothing from its queue and has no pool of workers with one capacity.
 */
export function addReferenceMetrics(
  { Counter, Gauge, Histogram }: Prom,
  registry: Registry,
  source: MetricsSource,
  label: (tunnelId: string) => Labels,
): Histogram {
  const registers = [registry];
  for (const [name, help, value] of series) {
    const labelNames = ['tunnel'];
    if (name.endsWith('_total'))
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const tunnel of source.snapshots()) this.inc(label(tunnel.tunnelId), value(tunnel));
        },
      });
    else
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const tunnel of source.snapshots()) this.set(label(tunnel.tunnelId), value(tunnel));
        },
      });
  }
  new Gauge({ name: 'liveness', help: '1 while the process is live', registers }).set(1);
  new Gauge({
    name: 'readiness',
    help: '1 while every tunnel can serve calls',
    registers,
    collect() {
      this.set(source.isReady() ? 1 : 0);
    },
  });
  addProxies(Gauge, registry, source, label);
  return new Histogram({
    name: 'command_end_to_end_latency_milliseconds',
    help: 'From the arrival of a command to the end of its answer',
    labelNames: ['tunnel'],
    buckets: latencyBuckets,
    registers,
  });
}

function addProxies(
  Gauge: Prom['Gauge'],
  registry: Registry,
  source: MetricsSource,
  label: (tunnelId: string) => Labels,
): void {
  type Proxy = NonNullable<TunnelSnapshot['proxies']>[number];
  const gauges: readonly (readonly [string, string, (proxy: Proxy) => number | undefined])[] = [
    ['proxy_health_state', '1 while the proxy lets its route through', ({ state }) => (state === 'healthy' ? 1 : 0)],
    ['proxy_last_check_timestamp', 'Unix time of the last check', ({ checkedAt }) => Math.floor(checkedAt / 1_000)],
    [
      'proxy_last_success_timestamp',
      'Unix time of the last check that succeeded',
      ({ succeededAt }) => succeededAt && Math.floor(succeededAt / 1_000),
    ],
  ];
  for (const [name, help, value] of gauges)
    new Gauge({
      name,
      help,
      labelNames: ['tunnel', 'proxy_id'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { tunnelId, proxies = [] } of source.snapshots())
          for (const proxy of proxies) {
            const number = value(proxy);
            const proxy_id = [proxy.route, proxy.name, proxy.proxy].filter((part) => part !== undefined).join(' ');
            if (number !== undefined) this.set({ ...label(tunnelId), proxy_id }, number);
          }
      },
    });
}
