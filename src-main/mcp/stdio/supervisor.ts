import type { ChildExit, ServerInfo } from '../../../shared/tunnel.ts';
import { asTunnelError } from '../../base/as-tunnel-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { EndTimes } from '../../process/tree.ts';
import type { StdioChild } from './child.ts';
import type { StderrLog } from './stderr-log.ts';
import type { StdioLog } from './stdio-log.ts';
import { next, type SupervisorEvent, type SupervisorState } from './supervisor-state.ts';

export interface SupervisedChild {
  readonly child: StdioChild;
  readonly stderr: StderrLog;
}

export interface SupervisorParts {
  readonly clock: Clock;
  readonly log: StdioLog;
  readonly children: { added(pid: number): void; removed(pid: number): void } | undefined;
  readonly end: EndTimes | undefined;
  /** Starts a child that calls `onExit` once. Rejects with `TunnelError`. */
  readonly spawn: (onExit: (exitCode: number | null, signal: string | null) => void) => Promise<SupervisedChild>;
  /** Makes a new child fit for calls. When it rejects with `TunnelError` the child is ended. */
  readonly prepare: (child: StdioChild) => Promise<{ server?: ServerInfo }>;
  /** The child is gone; its state changes right after. */
  readonly onExit: (exit: ChildExit) => void;
  readonly onChange: (state: SupervisorState, before: SupervisorState) => void;
}

/** Runs the reducer: spawns, waits and ends children as its state says. One child at a time. */
export class Supervisor {
  readonly #parts: SupervisorParts;
  #state: SupervisorState;
  #child: StdioChild | undefined;
  /** Ends with the current try to start a child. */
  #starting: Promise<void> | undefined;
  /** The child before, until all that it started is gone: the next one may need the same port or file. */
  #leaving: Promise<unknown> = Promise.resolve();
  #cancelTick: (() => void) | undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#state = { phase: 'idle', since: parts.clock.wall() };
  }

  get state(): SupervisorState {
    return this.#state;
  }

  get child(): StdioChild | undefined {
    return this.#child;
  }

  /** Resolves when the first try has come to something, good or bad. */
  async start(): Promise<void> {
    this.#apply({ kind: 'start' });
    await this.#starting;
  }

  nudge(): void {
    this.#apply({ kind: 'nudge' });
  }

  /** @param call - what the child said answers a caller, and not Culvert itself */
  answered(server: ServerInfo | undefined, call: boolean): void {
    this.#apply({ kind: 'answered', call, ...(server && { server }) });
  }

  /** A call came: has the next try now, unless the last one was only a moment ago. */
  prompt(): void {
    this.#apply({ kind: 'prompt' });
  }

  /** No child is started any more, at once; resolves when the present one is gone with all that it started. */
  async stop(): Promise<void> {
    this.#apply({ kind: 'stop' });
    await this.#starting;
    if (this.#child) await this.#end(this.#child);
    await this.#leaving;
  }

  #apply(event: SupervisorEvent): void {
    const { clock, onChange } = this.#parts;
    const before = this.#state;
    const now = clock.now();
    const after = next(before, event, { now, wall: clock.wall(), random: clock.random() });
    if (after === before) return;
    this.#state = after;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    if ('wakeAt' in after) {
      this.#cancelTick = clock.after(Math.max(0, after.wakeAt - now), () => this.#apply({ kind: 'tick' }));
    }
    if (after.phase === 'starting' && before.phase !== 'starting') this.#starting = this.#try();
    onChange(after, before);
  }

  /** False once there was a `stop`: what was spawned meanwhile is ended by it. */
  #isStarting(): boolean {
    return this.#state.phase === 'starting';
  }

  async #try(): Promise<void> {
    await this.#leaving;
    if (!this.#isStarting()) return;
    try {
      const child = await this.#spawn();
      if (!this.#isStarting()) return;
      this.#apply({ kind: 'spawned', pid: child.pid });
      await this.#prepare(child);
    } catch (error) {
      this.#apply({ kind: 'failed', failure: { kind: 'error', error: asTunnelError(error, 'mcp-server').toJSON() } });
    }
  }

  async #prepare(child: StdioChild): Promise<void> {
    try {
      const prepared = await this.#parts.prepare(child);
      if (this.#child === child) this.#apply({ kind: 'opened', ...prepared });
    } catch (error) {
      // It may have ended meanwhile: then its exit was told already.
      if (this.#child !== child) return;
      // Let go of it first, so that its end is not taken for another failure.
      this.#child = undefined;
      this.#leaving = child.gone;
      void this.#end(child);
      throw error;
    }
  }

  async #spawn(): Promise<StdioChild> {
    const { spawn, children } = this.#parts;
    const spawned = await spawn((exitCode, signal) => this.#exited(spawned, exitCode, signal));
    this.#child = spawned.child;
    children?.added(spawned.child.pid);
    return spawned.child;
  }

  async #end(child: StdioChild): Promise<void> {
    const survivors = await child.end(this.#parts.end);
    if (survivors.length > 0) this.#parts.log({ kind: 'survivors', pids: survivors });
  }

  #exited({ child, stderr }: SupervisedChild, exitCode: number | null, signal: string | null): void {
    const { children, log, clock, onExit } = this.#parts;
    stderr.end();
    log({ kind: 'exited', pid: child.pid, exitCode, signal, asked: this.#state.phase === 'stopped' });
    this.#leaving = child.gone.then(() => children?.removed(child.pid));
    if (this.#child !== child) return;
    this.#child = undefined;
    const exit = { at: clock.wall(), exitCode, signal, stderr: stderr.last };
    onExit(exit);
    this.#apply({ kind: 'failed', failure: { kind: 'exit', exit } });
  }
}
