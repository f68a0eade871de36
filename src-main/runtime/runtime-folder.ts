import { join } from 'node:path';
import { configFolder } from '../settings/folders.ts';
import type { Env } from '../settings/layers.ts';

/** Where processes of this account find each other. */
export const runtimeFolder = (env: Env): string => {
  const folder = env['XDG_RUNTIME_DIR']?.trim();
  return folder === undefined || folder === '' ? join(configFolder(env), 'run') : join(folder, 'culvert');
};
