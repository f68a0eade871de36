import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { TunnelError } from '../../../shared/errors.ts';
import { LineSplitter } from '../../json/lines.ts';
import { outOfFiles } from '../../base/as-tunnel-error.ts';
import { isOutOfFiles } from '../../base/open-files.ts';
import type { SpawnPlan } from '../../process/program.ts';
import { type EndTimes, endTree, groupIsAlive } from '../../process/tree.ts';

/** How long after the exit buffered output may still arrive before pending calls are given up; a descendant may hold the pipes open for ever. */
const drainMs = 100;
/** How long a child may live on after it closed a pipe that calls need. */
const brokenPipeMs = 500;

const quickEnd: EndTimes = { inputMs: 0, termMs: 300, killMs: 500 };

export interface ChildHandlers {
  onLine(line: Buffer): void;
  onOverlong(head: Buffer): void;
  onOverlongEnd(tail: Buffer): void;
  onStderr(chunk: Buffer): void;
  /** There is room for more input again. */
  onDrain(): void;
  /** Once, after the last line: the child has ended, or cannot be used any more and is being ended. */
  onExit(exitCode: number | null, signal: string | null): void;
}

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** Why a spawn failed, in terms that a person can act on. */
async function spawnError(cause: NodeJS.ErrnoException, plan: SpawnPlan, cwd: string): Promise<TunnelError> {
  const isFolder = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return new TunnelError('folder_missing', 'mcp-server', { folder: cwd }, { cause });
  if (isOutOfFiles(cause)) return outOfFiles(cause);
  const program = plan.file;
  const detail = cause.code ?? 'unknown';
  // The program was found just before: ENOENT is then its interpreter (the `#!` line), or it was removed meanwhile.
  if (cause.code === 'ENOENT') return new TunnelError('command_not_found', 'mcp-server', { program }, { cause });
  if (cause.code === 'EACCES' || cause.code === 'ENOEXEC') {
    return new TunnelError('command_not_executable', 'mcp-server', { program, detail }, { cause });
  }
  return new TunnelError('spawn_failed', 'mcp-server', { program, detail }, { cause });
}

/** One life of a stdio server: its pipes, its lines and its end. */
export class StdioChild {
  readonly pid: number;
  readonly #process: Process;
  readonly #handlers: ChildHandlers;
  #exit: { code: number | null; signal: string | null } | undefined;
  #told = false;
  #corked = false;
  #timer: NodeJS.Timeout | undefined;
  #ending: Promise<number[]> | undefined;
  #settleGone: () => void = () => undefined;
  /** Resolves when the child and all that it started in its group are gone, as far as signals can bring that about. */
  readonly gone = new Promise<void>((resolve) => (this.#settleGone = resolve));

  /** Rejects with `TunnelError` (`folder_missing`, `command_not_found`, `command_not_executable`, `spawn_failed`). */
  static async spawn(
    plan: SpawnPlan,
    options: { cwd: string; env: Record<string, string>; maxLineBytes: number },
    handlers: ChildHandlers,
  ): Promise<StdioChild> {
    const { cwd, env } = options;
    const started = (): Process =>
      spawn(plan.file, [...plan.args], {
        cwd,
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
        // A session and process group of its own: one signal reaches all of it, and Ctrl-C in our terminal none.
        detached: process.platform !== 'win32',
        windowsHide: true,
        windowsVerbatimArguments: plan.verbatim,
      });
    let child: Process;
    try {
      child = started();
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        if (child.pid !== undefined) {
          child.off('error', reject);
          resolve();
        }
      });
    } catch (error) {
      throw await spawnError(error as NodeJS.ErrnoException, plan, cwd);
    }
    return new StdioChild(child, options.maxLineBytes, handlers);
  }

  private constructor(child: Process, maxLineBytes: number, handlers: ChildHandlers) {
    this.pid = child.pid ?? 0;
    this.#process = child;
    this.#handlers = handlers;
    const lines = new LineSplitter(maxLineBytes, handlers);
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stdout.on('end', () => {
      lines.end();
      this.#brokenPipe();
    });
    child.stderr.on('data', (chunk: Buffer) => handlers.onStderr(chunk));
    child.stdin.on('drain', () => handlers.onDrain());
    // EPIPE and the like: whatever the reason, nothing can be said to this child any more.
    child.stdin.on('error', () => this.#brokenPipe());
    child.stdout.on('error', () => this.#brokenPipe());
    child.stderr.on('error', () => undefined);
    child.on('error', () => undefined);
    child.on('exit', (code, signal) => {
      this.#exit = { code, signal };
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#over(), drainMs);
    });
    child.on('close', () => this.#over());
  }

  /** Bytes that were accepted and not yet taken by the pipe. */
  get pendingBytes(): number {
    return this.#process.stdin.writableLength;
  }

  /** Writes one line, end included. Lines written in one turn of the event loop share a system call. */
  write(line: Buffer): void {
    const { stdin } = this.#process;
    if (!stdin.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      stdin.cork();
      process.nextTick(() => {
        this.#corked = false;
        stdin.uncork();
      });
    }
    stdin.write(line);
  }

  /** Ends the child and all it started. Resolves when it is gone, with the pids of what survived SIGKILL. Safe to call again. */
  end(times?: EndTimes): Promise<number[]> {
    this.#ending ??= endTree(
      this.pid,
      () => this.#exit !== undefined,
      () => this.#process.stdin.end(),
      times,
    ).finally(() => this.#over());
    return this.#ending;
  }

  /** stdin or stdout is gone while the child may live on: it is of no use any more. */
  #brokenPipe(): void {
    if (this.#exit !== undefined || this.#told || this.#ending !== undefined) return;
    this.#timer ??= setTimeout(() => void this.end(quickEnd), brokenPipeMs);
  }

  #over(): void {
    if (this.#told) return;
    this.#told = true;
    clearTimeout(this.#timer);
    const { stdin, stdout, stderr } = this.#process;
    // A descendant may hold the other ends; our own must not outlive the child.
    stdin.destroy();
    stdout.destroy();
    stderr.destroy();
    // What a crashed server started goes with it: the next one may need the same port or file.
    const leftBehind = this.#ending ?? (groupIsAlive(this.pid) ? this.end(quickEnd) : undefined);
    if (leftBehind) void leftBehind.then(this.#settleGone);
    else this.#settleGone();
    this.#handlers.onExit(this.#exit?.code ?? null, this.#exit?.signal ?? null);
  }
}
