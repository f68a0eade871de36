import { stat } from 'node:fs/promises';
import type { ProfileSummary } from '../../../shared/app.ts';
import type { Profile } from '../../../shared/profile.ts';
import { redactor } from '../../detect/redact.ts';
import type { ProfileEntry, ProfileStore } from '../../profiles/profile-store.ts';

const masked = redactor();
const formats = { culvert: 'culvert', reference: 'reference-yaml', json: 'reference-json' } as const;

async function summaryOf({ id, name, file, form, profile, error }: ProfileEntry): Promise<ProfileSummary> {
  const modifiedAt = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
  return {
    id,
    name,
    file,
    format: formats[form],
    tunnelId: profile?.controlPlane.tunnelId ?? '',
    controlPlane: masked(profile?.controlPlane.baseUrl ?? ''),
    channels: (profile?.channels ?? []).map((channel) => ({
      name: channel.name,
      kind: channel.kind,
      // addresses and commands may hold passwords
      target: masked(channel.kind === 'stdio' ? channel.command : channel.url),
    })),
    startWithApp: profile?.startWithApp ?? false,
    modifiedAt: Math.round(modifiedAt),
    ...(error ? { problem: error } : {}),
  };
}

/** The profiles of this machine as they were when they were last looked at. */
export class ProfileList {
  readonly #store: ProfileStore;
  readonly #changed: () => void;
  #summaries: readonly ProfileSummary[] = [];
  #profiles: readonly Profile[] = [];

  constructor(store: ProfileStore, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  get summaries(): readonly ProfileSummary[] {
    return this.#summaries;
  }

  /** Those that can be run. */
  get profiles(): readonly Profile[] {
    return this.#profiles;
  }

  /** Looks again: files are also changed by editors, by the command line and by other processes. */
  async refresh(): Promise<void> {
    const entries = await this.#store.list();
    const summaries = await Promise.all(entries.map(summaryOf));
    this.#profiles = entries.flatMap(({ profile }) => (profile ? [profile] : []));
    const same = JSON.stringify(summaries) === JSON.stringify(this.#summaries);
    this.#summaries = summaries;
    if (!same) this.#changed();
  }
}
