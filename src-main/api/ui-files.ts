import { readdir, readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

export interface UiFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Files that were read before: pages go on working when a new version replaces them underneath. */
const held = new Map<string, Buffer>();

/** Reads all files of the built renderer, to be served from memory from now on. Never rejects. */
export async function holdUiFiles(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || types[extname(path)] === undefined) continue;
    const body = await readFile(path).catch(() => undefined);
    if (body) held.set(path, body);
  }
}

/**
 * Reads a file of the built renderer, from a folder or out of the app's archive.
 *
 * @param root - folder of the built renderer
 * @param pathname - path of a URL; anything that leaves `root` or has no known type is not there
 */
export async function readUiFile(root: string, pathname: string): Promise<UiFile | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0')) return undefined;
  const path = normalize(join(root, decoded === '/' || decoded === '' ? 'index.html' : decoded));
  const type = types[extname(path)];
  if (type === undefined || !path.startsWith(normalize(root + sep))) return undefined;
  try {
    return { type, body: held.get(path) ?? (await readFile(path)) };
  } catch {
    return undefined;
  }
}
