import { readdir, readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, extname, join } from 'node:path';

interface Compiled {
  _compile(source: string, file: string): void;
}

/** Of Node's module loader what has been its documented-by-use interface since its first versions. */
interface Loader {
  _resolveFilename(
    request: string,
    parent: { filename?: string | null } | null | undefined,
    ...rest: unknown[]
  ): string;
  readonly _extensions: Record<string, (module: Compiled, file: string) => void>;
}

/**
 * Keeps the text of every script in `folder` and loads later ones from it: a new version that is installed underneath a
 * running process replaces these files, and what a command loads when it is needed would be gone. Where the files cannot
 * be read, they are loaded as usual. Does nothing for code that is not bundled.
 */
export async function holdCode(folder: string): Promise<void> {
  const held = new Map<string, string>();
  try {
    const files = (await readdir(folder)).filter((file) => extname(file) === '.cjs');
    // one after the other: each takes a descriptor
    for (const file of files) held.set(join(folder, file), await readFile(join(folder, file), 'latin1'));
  } catch {
    return;
  }
  const loader = nodeModule as unknown as Loader;
  const resolve = loader._resolveFilename.bind(loader);
  loader._resolveFilename = (request, parent, ...rest) => {
    const file = request.startsWith('./') && parent?.filename ? join(dirname(parent.filename), request) : undefined;
    return file !== undefined && held.has(file) ? file : resolve(request, parent, ...rest);
  };
  loader._extensions['.cjs'] = (module, file) => {
    const text = held.get(file);
    // one byte a character: what is not ASCII in a script is decoded when it is compiled
    const source = text === undefined ? readFileSync(file, 'utf8') : Buffer.from(text, 'latin1').toString('utf8');
    module._compile(source, file);
  };
}
