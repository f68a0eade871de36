import { saveFailed } from '../files/file-lock.ts';
import { settingsSchema, type Settings, type SettingsPatch } from '../../shared/settings.ts';

/** The file that electron-store (app) and conf (headless) keep: `settings.json` in Culvert's folder. */
export interface SettingsFile {
  /** What is in the file, of whatever age. */
  read(): unknown;
  write(values: Settings): void;
}

/** Approvals and the window's place are in the same folder, in files of their own: settings are for people. */
export const settingsFileName = 'settings';

/**
 * What an older version wrote, as this one reads it. A value that is not valid any more falls back to its default, alone:
 * one bad value never costs the others.
 */
export function migrate(stored: unknown): Settings {
  const values = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const kept: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    if (Object.hasOwn(values, name) && schema.safeParse(values[name]).success) kept[name] = values[name];
  }
  return settingsSchema.parse(kept);
}

/** The settings of this machine: read once, written on every change, told to whoever listens. */
export class AppSettings {
  readonly #file: SettingsFile;
  readonly #listeners = new Set<(settings: Settings) => void>();
  #values: Settings;

  constructor(file: SettingsFile) {
    this.#file = file;
    this.#values = migrate(file.read());
  }

  get values(): Settings {
    return this.#values;
  }

  /**
   * What `patch` leaves out stays; `notifications` and `seen` are merged. What cannot be written is not changed either, and
   * nobody is told of it: `save_failed`.
   */
  change(patch: SettingsPatch): Settings {
    const { notifications, seen, ...rest } = patch;
    const values = settingsSchema.parse({
      ...this.#values,
      ...rest,
      notifications: { ...this.#values.notifications, ...notifications },
      seen: { ...this.#values.seen, ...seen },
    });
    try {
      this.#file.write(values);
    } catch (cause) {
      throw saveFailed(`${settingsFileName}.json`, cause);
    }
    this.#values = values;
    for (const listener of this.#listeners) listener(this.#values);
    return this.#values;
  }

  onChange(listener: (settings: Settings) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
