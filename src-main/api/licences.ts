import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const licenceSchema = z.object({ name: z.string(), version: z.string(), licence: z.string(), text: z.string() });
export type Licence = z.infer<typeof licenceSchema>;

/**
 * The licences of everything that is bundled, as the build gathered them in `out/`. `from` is the bundle's file, which is one
 * or two folders below. Empty when run from source.
 */
export async function readLicences(from: string): Promise<readonly Licence[]> {
  for (const place of ['../licences.json', '../../licences.json']) {
    try {
      return z.array(licenceSchema).parse(JSON.parse(await readFile(new URL(place, from), 'utf8')));
    } catch {
      // not there, or not ours: the next place
    }
  }
  return [];
}
