import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const licenceSchema = z.object({ name: z.string(), version: z.string(), licence: z.string(), text: z.string() });
export type Licence = z.infer<typeof licenceSchema>;

/** The licences of everything that is bundled, as the build gathered them next to its output. Empty when run from source. */
export async function readLicences(file: URL): Promise<readonly Licence[]> {
  try {
    return z.array(licenceSchema).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}
