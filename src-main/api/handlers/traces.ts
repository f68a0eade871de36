import { TunnelError } from '../../../shared/errors.ts';
import type { HandlerArgs, Handlers } from '../../../shared/ipc.ts';
import { parseFilter } from '../../../shared/trace-filter.ts';
import type { TraceDetail } from '../../../shared/trace-view.ts';
import { BodyReader } from '../../detect/body-reader.ts';
import type { TraceStore } from '../../observe/trace-store.ts';
import type { Platform } from '../../base/platform.ts';
import { copyAs, exportLine, revealValue, traceBody, traceDetail } from '../traces/detail.ts';
import { TraceSearch } from '../traces/search.ts';
import { TraceSubscriptions } from '../traces/subscriptions.ts';

type Calls = Extract<keyof Handlers, `traces.${string}`>;

export interface TraceServices {
  readonly store: TraceStore;
  readonly platform: Platform;
  readonly tunnelName: (id: string) => string;
  readonly mcpUrl: (tunnel: string) => string | undefined;
  readonly stderr: (place: { channel: string; tunnel: string; from: number; to: number }) => TraceDetail['stderr'];
}

/** An export takes the engine's thread for no longer than this at a time, in milliseconds. */
const sliceMs = 5;

async function selected(
  store: TraceStore,
  bodies: BodyReader,
  args: HandlerArgs<'traces.export'>,
  nameOf: (id: string) => string,
) {
  if ('ids' in args) return args.ids;
  const search = await new Promise<TraceSearch>((resolve) => {
    const running: TraceSearch = new TraceSearch(store, bodies, parseFilter(args.query), nameOf, () => {
      queueMicrotask(() => {
        if (running.searched === undefined) resolve(running);
      });
    });
  });
  return Array.from({ length: search.total }, (_, index) => search.at(search.total - 1 - index) ?? -1);
}

export function traceHandlers(services: TraceServices): Pick<Handlers, Calls> {
  const { store, platform, tunnelName, mcpUrl, stderr } = services;
  const bodies = new BodyReader();
  const subscriptions = new TraceSubscriptions(store, bodies, tunnelName);
  return {
    'traces.subscribe': ({ query, window }, caller) => subscriptions.subscribe(query, window, caller),
    'traces.window': ({ subscription, window }, caller) => subscriptions.move(subscription, window, caller),
    'traces.unsubscribe': ({ subscription }, caller) => subscriptions.unsubscribe(subscription, caller),
    'traces.get': ({ id }) => traceDetail(store, id, stderr),
    'traces.body': ({ id, part }) => traceBody(store, bodies, id, part),
    'traces.reveal': async ({ id, place }) => ({ value: await revealValue(store, bodies, id, place) }),
    'traces.pin': ({ ids, pinned }) => {
      for (const id of ids) store.pin(id, pinned);
    },
    'traces.clear': () => ({ cleared: store.clear() }),
    'traces.export': async (args, caller) => {
      const ids = await selected(store, bodies, args, tunnelName);
      const lines: string[] = [];
      let since = performance.now();
      for (const id of ids) {
        const line = await exportLine(store, bodies, id);
        if (line !== undefined) lines.push(line);
        if (performance.now() - since < sliceMs) continue;
        await new Promise(setImmediate);
        since = performance.now();
      }
      if (lines.length === 0) throw new TunnelError('not_found', 'local', { what: 'call' });
      const body = `${lines.join('\n')}\n`;
      return platform.saveFile({ name: 'culvert-calls.jsonl', type: 'application/jsonl', body }, caller);
    },
    'traces.copyAs': async ({ id, format }) => {
      const record = store.get(id);
      return { text: await copyAs(store, bodies, id, format, record && mcpUrl(record.tunnel)) };
    },
    'traces.values': () => {
      const values = {
        tunnels: new Set<string>(),
        channels: new Set<string>(),
        methods: new Set<string>(),
        tools: new Set<string>(),
      };
      for (let index = Math.max(0, store.count - 2000); index < store.count; index++) {
        const record = store.at(index);
        if (!record) continue;
        values.tunnels.add(tunnelName(record.tunnel));
        values.channels.add(record.channel);
        values.methods.add(record.method);
        if (record.target !== undefined) values.tools.add(record.target);
      }
      const list = (set: ReadonlySet<string>) =>
        [...set]
          .filter((text) => text !== '')
          .sort()
          .slice(0, 200);
      return {
        tunnels: list(values.tunnels),
        channels: list(values.channels),
        methods: list(values.methods),
        tools: list(values.tools),
      };
    },
  };
}
