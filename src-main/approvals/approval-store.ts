import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writePrivateFile } from '../files/replace-file.ts';

const fileSchema = z.object({
  /** Hash of what was agreed to → when. */
  approved: z.record(z.string(), z.number()).default({}),
  /** `<profile id>/<channel>` → the hash that was agreed to last. */
  channels: z.record(z.string(), z.string()).default({}),
});
type Approvals = z.infer<typeof fileSchema>;

/** What a person has agreed to run on this machine. It belongs to the machine, not to the profile: a file that was copied here asks again. */
export class ApprovalStore {
  readonly #file: string;
  #loading: Promise<Approvals> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param file - a file of its own, private to the account */
  constructor(file: string) {
    this.#file = file;
  }

  async isApproved(hash: string): Promise<boolean> {
    return hash !== '' && Object.hasOwn((await this.#load()).approved, hash);
  }

  /** Whether another command was agreed to for this channel before. */
  async hasChanged(owner: string, channel: string, hash: string): Promise<boolean> {
    const before = (await this.#load()).channels[`${owner}/${channel}`];
    return before !== undefined && before !== hash;
  }

  approve(owner: string, channel: string, hash: string): Promise<void> {
    const change = this.#last.then(async () => {
      const approvals = await this.#load();
      approvals.approved[hash] = Date.now();
      approvals.channels[`${owner}/${channel}`] = hash;
      await writePrivateFile(this.#file, `${JSON.stringify(approvals, null, 2)}\n`);
    });
    this.#last = change.catch(() => undefined);
    return change;
  }

  #load(): Promise<Approvals> {
    return (this.#loading ??= readFile(this.#file, 'utf8').then(
      (text) => fileSchema.catch({ approved: {}, channels: {} }).parse(parse(text)),
      () => ({ approved: {}, channels: {} }),
    ));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
