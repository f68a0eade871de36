import { TunnelError, type TunnelErrorData } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';
import { toErrorData } from './dispatch.ts';

/** Which profiles this process has for itself among those of the account. */
export interface ProfileLocks {
  /** Rejects with `profile_running`, naming the process that has it. */
  lockProfile(id: string, name: string): Promise<void>;
  unlockProfile(id: string): Promise<void>;
}

export interface TunnelControlOptions {
  readonly manager: TunnelManager;
  /** Reads a saved profile afresh, so that what starts is what the file says now. Rejects with `TunnelError`. */
  readonly load: (id: string) => Promise<Profile>;
  /** Throws `command_not_approved` while a person has not agreed to what would run. */
  readonly requireApproval: (profile: Profile) => Promise<void>;
  /** A pause began or ended, or a start failed. */
  readonly changed: (id: string) => void;
  readonly locks?: ProfileLocks | undefined;
  /** This process has the profile for as long as it lives. */
  readonly ownAnyway?: (id: string) => boolean;
}

/** A start that came to nothing, and when that was, in wall-clock milliseconds. */
export interface FailedStart {
  readonly error: TunnelErrorData;
  readonly at: number;
}

/** Starting, stopping and pausing, as the tray, the window and the command line do it. */
export class TunnelControl {
  readonly #options: TunnelControlOptions;
  readonly #failedStarts = new Map<string, FailedStart>();
  readonly #pauses = new Map<string, { until: number; timer: NodeJS.Timeout }>();
  /** Profiles that this process has taken, or could not take for a tunnel that runs all the same (a draft). */
  readonly #locked = new Map<string, Promise<void>>();

  constructor(options: TunnelControlOptions) {
    this.#options = options;
  }

  pausedUntil(id: string): number | undefined {
    return this.#pauses.get(id)?.until;
  }

  /** Why the last start failed; undefined once it was started or stopped. */
  failedStart(id: string): FailedStart | undefined {
    return this.#failedStarts.get(id);
  }

  async start(id: string): Promise<void> {
    this.#endPause(id);
    try {
      await this.#start(id);
      this.#failedStarts.delete(id);
    } catch (error) {
      this.#failedStarts.set(id, { error: toErrorData(error), at: Date.now() });
      this.#options.changed(id);
      throw error;
    }
  }

  async #start(id: string): Promise<void> {
    const profile = await this.#options.load(id);
    await this.#options.requireApproval(profile);
    await this.#lock(id, profile.name);
    try {
      await this.#options.manager.start(profile);
    } catch (error) {
      if (!this.#isOn(id)) this.#unlock(id);
      throw error;
    }
  }

  /** Keeps the locks to what runs: a tunnel may also be started from a draft, and stops by itself at the end. */
  follow({ id, name, state }: TunnelSnapshot): void {
    if (state.kind !== 'stopped') void this.#lock(id, name, false).catch(() => undefined);
    else if (!this.#pauses.has(id)) this.#unlock(id);
  }

  /** Drains; a second call while it is stopping forces. */
  async stop(id: string): Promise<void> {
    this.#endPause(id);
    this.#failedStarts.delete(id);
    await this.#options.manager.stop(id);
  }

  /** Starts each; one that cannot start does not keep the others from it. Rejects with the first failure. */
  async startAll(ids: readonly string[]): Promise<void> {
    const results = await Promise.allSettled(ids.map((id) => this.start(id)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async stopAll(): Promise<void> {
    for (const id of this.#pauses.keys()) this.#endPause(id);
    await this.#options.manager.stopAll();
  }

  /** Stops it and starts it again after so many minutes. */
  async pause(id: string, minutes: number): Promise<void> {
    this.#endPause(id);
    const ms = minutes * 60_000;
    const timer = setTimeout(() => {
      this.#pauses.delete(id);
      this.start(id).catch(() => undefined);
    }, ms);
    this.#pauses.set(id, { until: Date.now() + ms, timer });
    this.#options.changed(id);
    await this.#options.manager.stop(id);
  }

  nudge(id: string): void {
    if (!this.#options.manager.snapshots().some((snapshot) => snapshot.id === id)) {
      throw new TunnelError('not_found', 'local', { what: 'tunnel' });
    }
    this.#options.manager.nudge('person', id);
  }

  close(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
  }

  #isOn(id: string): boolean {
    return this.#options.manager
      .snapshots()
      .some((snapshot) => snapshot.id === id && snapshot.state.kind !== 'stopped');
  }

  /** @param must - a lock that was refused is asked for again, and its refusal counts */
  async #lock(id: string, name: string, must = true): Promise<void> {
    const { locks, ownAnyway } = this.#options;
    if (!locks || ownAnyway?.(id) === true) return;
    const asked = this.#locked.get(id);
    if (asked && !must) return;
    const taken = asked?.catch(() => locks.lockProfile(id, name)) ?? locks.lockProfile(id, name);
    this.#locked.set(id, taken);
    try {
      await taken;
    } catch (error) {
      if (must) this.#locked.delete(id);
      throw error;
    }
  }

  #unlock(id: string): void {
    const asked = this.#locked.get(id);
    if (!asked) return;
    this.#locked.delete(id);
    void asked.then(() => this.#options.locks?.unlockProfile(id)).catch(() => undefined);
  }

  #endPause(id: string): void {
    const pause = this.#pauses.get(id);
    if (!pause) return;
    clearTimeout(pause.timer);
    this.#pauses.delete(id);
    this.#options.changed(id);
  }
}
