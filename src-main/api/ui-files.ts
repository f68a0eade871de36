import { readFile } from 'node:fs/promises';
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
    return { type, body: await readFile(path) };
  } catch {
    return undefined;
  }
}
