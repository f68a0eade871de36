import { homeFolder } from '../base/home.ts';
import { basename, dirname, join } from 'node:path';
import type { ImportSource } from '../../shared/import-words.ts';
import { variable, type Environment } from '../process/environment.ts';

/** How a client writes its servers down. */
export type Scheme = 'mcpServers' | 'claude-code' | 'vscode' | 'vscode-settings' | 'codex';

export interface ClientFile {
  readonly source: ImportSource;
  readonly file: string;
  readonly scheme: Scheme;
  /** The project that the file belongs to: what `${workspaceFolder}` means, and where its servers run. */
  readonly folder?: string;
  /** Names of its servers that are switched off elsewhere. */
  readonly disabled?: ReadonlySet<string>;
}

export const homeOf = (env: Environment, platform: NodeJS.Platform): string =>
  variable(env, platform === 'win32' ? 'USERPROFILE' : 'HOME', platform) ?? homeFolder();

const vscodeFlavours = ['Code', 'Code - Insiders', 'VSCodium'];

/**
 * Where the clients keep the servers that a person has set up for all projects, whether the files exist or not:
 * `env` and `platform` decide, so that the paths of every system can be tested on one.
 */
export function clientFiles(env: Environment, platform: NodeJS.Platform): ClientFile[] {
  const set = (name: string): string | undefined => {
    const value = variable(env, name, platform)?.trim();
    return value === '' ? undefined : value;
  };
  const home = homeOf(env, platform);
  const local = set('LOCALAPPDATA') ?? join(home, 'AppData', 'Local');
  const config =
    platform === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : platform === 'win32'
        ? (set('APPDATA') ?? join(home, 'AppData', 'Roaming'))
        : (set('XDG_CONFIG_HOME') ?? join(home, '.config'));
  const desktop = 'claude_desktop_config.json';
  const claudeFolder = set('CLAUDE_CONFIG_DIR');
  return [
    { source: 'claude-desktop', file: join(config, 'Claude', desktop), scheme: 'mcpServers' },
    // the packaged app on Windows sees a roaming folder of its own
    ...(platform === 'win32'
      ? [
          {
            source: 'claude-desktop' as const,
            file: join(local, 'Packages', 'Claude_pzs8sxrjxfjjc', 'LocalCache', 'Roaming', 'Claude', desktop),
            scheme: 'mcpServers' as const,
          },
        ]
      : []),
    { source: 'claude-code', file: join(claudeFolder ?? home, '.claude.json'), scheme: 'claude-code' },
    { source: 'cursor', file: join(home, '.cursor', 'mcp.json'), scheme: 'mcpServers' },
    ...vscodeFlavours.flatMap((flavour): ClientFile[] => [
      { source: 'vscode', file: join(config, flavour, 'User', 'mcp.json'), scheme: 'vscode' },
      { source: 'vscode', file: join(config, flavour, 'User', 'settings.json'), scheme: 'vscode-settings' },
    ]),
    { source: 'windsurf', file: join(home, '.codeium', 'windsurf', 'mcp_config.json'), scheme: 'mcpServers' },
    { source: 'windsurf', file: join(home, '.codeium', 'mcp_config.json'), scheme: 'mcpServers' },
    { source: 'codex', file: join(set('CODEX_HOME') ?? join(home, '.codex'), 'config.toml'), scheme: 'codex' },
  ];
}

/** The folder in which VS Code keeps a folder for each of its profiles; `undefined` for other files. */
export const vscodeProfiles = ({ source, file, folder }: ClientFile): string | undefined =>
  source === 'vscode' && folder === undefined && basename(file) === 'mcp.json'
    ? join(dirname(file), 'profiles')
    : undefined;

/** Where the clients look for the servers of one project. `disabled`: servers of `.mcp.json` that Claude Code leaves out. */
export function projectFiles(folder: string, disabled: ReadonlySet<string> = new Set()): ClientFile[] {
  return [
    { source: 'claude-code', file: join(folder, '.mcp.json'), scheme: 'mcpServers', folder, disabled },
    { source: 'cursor', file: join(folder, '.cursor', 'mcp.json'), scheme: 'mcpServers', folder },
    { source: 'vscode', file: join(folder, '.vscode', 'mcp.json'), scheme: 'vscode', folder },
    { source: 'codex', file: join(folder, '.codex', 'config.toml'), scheme: 'codex', folder },
  ];
}
