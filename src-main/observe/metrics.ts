import type { Counter, Histogram, Registry } from 'prom-client';
import type { TraceStatus } from '../../shared/trace.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { addReferenceMetrics } from './reference-metrics.ts';

/** What `/metrics` is made from at the time it is asked for. */
export interface MetricsSource {
  /** How many tunnels there are: asked for every call. */
  readonly size: number;
  snapshots(): readonly TunnelSnapshot[];
  isReady(): boolean;
}

export interface Metrics {
  /** One call is over. */
  record(tunnelId: string, status: TraceStatus, seconds: number): void;
  /** The text of `/metrics`, and its content type. */
  render(): Promise<{ type: string; text: string }>;
}

interface Series {
  readonly registry: Registry;
  readonly requests: Counter;
  readonly durations: Histogram;
  readonly latencies: Histogram;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];

/**
 * The published series (`tunnel_client_connected`, `tunnel_client_requests_total`,
 * `tunnel_client_request_duration_seconds`) and gauges of liveness and readiness; with several tunnels each carries a
 * `tunnel` label. prom-client is loaded with the first call or scrape, not at start.
 */
export function createMetrics(source: MetricsSource): Metrics {
  let waiting: [tunnelId: string, status: TraceStatus, seconds: number][] = [];
  let series: Series | undefined;
  let loading: Promise<Series> | undefined;
  const label = (tunnelId: string) => (source.size > 1 ? { tunnel: tunnelId } : {});

  const put = ({ requests, durations, latencies }: Series, tunnelId: string, status: TraceStatus, seconds: number) => {
    const labels = label(tunnelId);
    requests.inc({ ...labels, status });
    durations.observe(labels, seconds);
    latencies.observe(labels, seconds * 1_000);
  };

  const load = async (): Promise<Series> => {
    const prom = await import('prom-client');
    const { Counter, Gauge, Histogram, Registry } = prom;
    const registry = new Registry();
    const registers = [registry];
    new Gauge({
      name: 'tunnel_client_connected',
      help: '1 while polls of the control plane succeed',
      labelNames: ['tunnel'],
      registers,
      collect() {
        this.reset();
        for (const { tunnelId, state } of source.snapshots()) {
          this.set(label(tunnelId), state.kind === 'connected' || state.kind === 'degraded' ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: 'tunnel_client_liveness',
      help: '1 while the process is live',
      registers,
      collect() {
        this.set(1);
      },
    });
    new Gauge({
      name: 'tunnel_client_readiness',
      help: '1 while every tunnel can serve calls',
      registers,
      collect() {
        this.set(source.isReady() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'tunnel_client_calls_held',
      help: 'Calls that Culvert holds before they are queued',
      labelNames: ['tunnel'],
      registers,
      collect() {
        this.reset();
        for (const { tunnelId, held = 0 } of source.snapshots()) this.set(label(tunnelId), held);
      },
    });
    new Gauge({
      name: 'tunnel_client_proxy_healthy',
      help: '1 while the proxy lets the route through',
      labelNames: ['tunnel', 'route', 'name', 'proxy'],
      registers,
      collect() {
        this.reset();
        for (const { tunnelId, proxies = [] } of source.snapshots()) {
          for (const { route, name = '', proxy, state } of proxies) {
            this.set({ ...label(tunnelId), route, name, proxy }, state === 'healthy' ? 1 : 0);
          }
        }
      },
    });
    new Gauge({
      name: 'tunnel_client_certificate_not_after_seconds',
      help: 'When a certificate that the tunnel depends on ends, in Unix time',
      labelNames: ['tunnel', 'of', 'subject'],
      registers,
      collect() {
        this.reset();
        for (const { tunnelId, certificates = [] } of source.snapshots()) {
          for (const { of, subject, notAfter } of certificates) {
            this.set({ ...label(tunnelId), of, subject }, Math.floor(notAfter / 1_000));
          }
        }
      },
    });
    const requests = new Counter({
      name: 'tunnel_client_requests_total',
      help: 'Calls that came through the tunnel, by how they ended',
      labelNames: ['status', 'tunnel'],
      registers,
    });
    const durations = new Histogram({
      name: 'tunnel_client_request_duration_seconds',
      help: 'From the arrival of a call to the end of its answer',
      labelNames: ['tunnel'],
      buckets,
      registers,
    });
    const latencies = addReferenceMetrics(prom, registry, source, label);
    series = { registry, requests, durations, latencies };
    for (const call of waiting) put(series, ...call);
    waiting = [];
    return series;
  };
  const loaded = (): Promise<Series> => (loading ??= load());

  return {
    record(tunnelId, status, seconds) {
      if (series) return put(series, tunnelId, status, seconds);
      waiting.push([tunnelId, status, seconds]);
      void loaded();
    },
    async render() {
      const { registry } = await loaded();
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
