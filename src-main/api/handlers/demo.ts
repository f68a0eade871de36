import { TunnelError } from '../../../shared/errors.ts';
import type { CallResult, Handlers } from '../../../shared/ipc.ts';
import { startDemo, type Demo } from '../../demo/demo.ts';
import { joinCommand } from '../../process/command-line.ts';
import type { TraceStore } from '../../observe/trace-store.ts';
import type { TunnelManager } from '../../tunnel/tunnel-manager.ts';

const demoId = 'demo';

export interface DemoParts {
  readonly manager: TunnelManager;
  readonly traces: TraceStore;
  /** Program and arguments of the demo's MCP server. */
  readonly server: readonly string[];
  readonly changed: (id: string) => void;
}

/** The demo of this process: relay, server and tunnel, with one real call through them. At most one. */
export class DemoControl {
  readonly #parts: DemoParts;
  #running: Promise<Demo> | undefined;
  #demo: Demo | undefined;

  constructor(parts: DemoParts) {
    this.#parts = parts;
  }

  isDemo(id: string): boolean {
    return id === demoId;
  }

  get mcpUrl(): string | undefined {
    return this.#demo && this.#demo.relay.mcpUrl(this.#demo.tunnel.id);
  }

  /** A demo that was started from the command line is this process's demo. */
  adopt(demo: Demo): void {
    this.#demo = demo;
    this.#running = Promise.resolve(demo);
  }

  /** Rejects with the step's own error; a second start answers with what runs. */
  async start(): Promise<CallResult<'demo.start'>> {
    this.#running ??= startDemo({
      tunnels: this.#parts.manager,
      serverCommand: joinCommand(this.#parts.server),
    });
    try {
      this.#demo = await this.#running;
    } catch (failure) {
      this.#running = undefined;
      const { cause } = failure as { cause?: unknown };
      throw cause instanceof TunnelError ? cause : failure;
    }
    this.#parts.changed(demoId);
    const { report, relay, tunnel } = this.#demo;
    const trace = this.#lastCall();
    return {
      tunnel: demoId,
      mcpUrl: relay.mcpUrl(tunnel.id),
      tool: report.tool,
      answer: textOf(report.result),
      ms: report.timings_ms.call,
      ...(trace === undefined ? {} : { trace }),
    };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#demo = undefined;
    await (await running?.catch(() => undefined))?.close();
    this.#parts.changed(demoId);
  }

  #lastCall(): number | undefined {
    for (let index = this.#parts.traces.count - 1; index >= 0; index--) {
      const record = this.#parts.traces.at(index);
      if (record?.tunnel === demoId && record.method === 'tools/call') return record.id;
    }
    return undefined;
  }
}

/** What the tool said, for people. */
function textOf(result: unknown): string {
  const { content } = (result ?? {}) as { content?: readonly { text?: string }[] };
  return content?.map(({ text }) => text ?? '').join(' ') ?? JSON.stringify(result);
}

export function demoHandlers(demo: DemoControl): Pick<Handlers, 'demo.start' | 'demo.stop'> {
  return { 'demo.start': () => demo.start(), 'demo.stop': () => demo.stop() };
}
