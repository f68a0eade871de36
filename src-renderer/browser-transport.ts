import type { CallArgs, CallName, CallResult, EventName, EventPayload, Reply, Transport } from '../shared/ipc.ts';
import { uiApiPath, uiClientHeader, uiEventsPath } from '../shared/ui-transport.ts';

const unreachable = { ok: false, error: { code: 'connect_refused', leg: 'local', params: {} } } as const;

/** The contract over the loopback listener: POST up, one event stream down. The session is an HttpOnly cookie. */
export function browserTransport(): Transport {
  const client = crypto.randomUUID();
  const connectionListeners = new Set<(up: boolean) => void>();
  let stream: EventSource | undefined;

  const events = (): EventSource => {
    if (stream) return stream;
    stream = new EventSource(`${uiEventsPath}?client=${client}`);
    stream.addEventListener('open', () => connectionListeners.forEach((listener) => listener(true)));
    stream.addEventListener('error', () => connectionListeners.forEach((listener) => listener(false)));
    return stream;
  };

  return {
    async call<N extends CallName>(name: N, args: CallArgs<N>): Promise<Reply<CallResult<N>>> {
      try {
        const response = await fetch(`${uiApiPath}/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [uiClientHeader]: client },
          ...(args === undefined ? {} : { body: JSON.stringify(args) }),
        });
        return (await response.json()) as Reply<CallResult<N>>;
      } catch {
        return unreachable;
      }
    },
    on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void {
      const receive = (message: MessageEvent<string>): void => listener(JSON.parse(message.data) as EventPayload<N>);
      const source = events();
      source.addEventListener(event, receive);
      return () => source.removeEventListener(event, receive);
    },
    onConnection(listener) {
      events();
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
  };
}
