import { homeFolder } from '../base/home.ts';
import { join, normalize } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { isProfileName } from '../../shared/profile-name.ts';
import type { Env } from './layers.ts';

export type Platform = NodeJS.Platform;

const set = (env: Env, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
};

const homeOf = (env: Env): string => set(env, 'HOME') ?? set(env, 'USERPROFILE') ?? homeFolder();

/** `~` and `~/…` are the home folder, as the reference expands them. */
export function expandHome(path: string, env: Env): string {
  return normalize(path === '~' ? homeOf(env) : /^~[/\\]/.test(path) ? join(homeOf(env), path.slice(2)) : path);
}

/** Where Culvert keeps what is its own: `$XDG_CONFIG_HOME/culvert` and the like. */
export function configFolder(env: Env, platform: Platform = process.platform): string {
  const xdg = set(env, 'XDG_CONFIG_HOME');
  if (xdg !== undefined) return join(expandHome(xdg, env), 'culvert');
  if (platform === 'darwin') return join(homeOf(env), 'Library', 'Application Support', 'culvert');
  if (platform === 'win32') return join(set(env, 'APPDATA') ?? join(homeOf(env), 'AppData', 'Roaming'), 'culvert');
  return join(homeOf(env), '.config', 'culvert');
}

/** Where profiles are found, in the order in which a name is looked up. */
export interface ProfileFolders {
  /** Asked for by `--profile-dir` or `TUNNEL_CLIENT_PROFILE_DIR`: then no other folder counts. */
  readonly asked?: string;
  readonly culvert: string;
  readonly reference: string;
  readonly json: string;
}

export function profileFolders(env: Env, askedFolder?: string, platform?: Platform): ProfileFolders {
  const asked = askedFolder ?? set(env, 'TUNNEL_CLIENT_PROFILE_DIR');
  const xdg = set(env, 'XDG_CONFIG_HOME');
  return {
    ...(asked === undefined ? {} : { asked: expandHome(asked, env) }),
    culvert: join(configFolder(env, platform), 'profiles'),
    reference: join(xdg === undefined ? join(homeOf(env), '.config') : expandHome(xdg, env), 'tunnel-client'),
    json: join(homeOf(env), '.tunnel-client', 'profiles'),
  };
}

export const profileExtensions = ['.yaml', '.yml', '.json'] as const;

/** The folders in which a profile is looked for by name, first match wins. */
export const searchedFolders = (folders: ProfileFolders): readonly string[] =>
  folders.asked === undefined ? [folders.culvert, folders.reference, folders.json] : [folders.asked];

/** Throws `config_invalid` unless `name` stands for exactly one file, the reference's rule. */
export function checkProfileName(name: string): string {
  const trimmed = name.trim();
  if (!isProfileName(trimmed)) {
    throw new TunnelError('config_invalid', 'local', {
      field: 'The profile name',
      file: '--profile',
      problem: `\`${trimmed.slice(0, 80)}\` is not a profile name`,
      allowed: 'up to 128 letters, digits, ., _ and -, first a letter or digit',
    });
  }
  return trimmed;
}
