import { basename, sep } from 'node:path';
import { variable, type Environment } from '../process/environment.ts';
import { isSecretName } from '../detect/redact.ts';
import { homeOf } from './client-files.ts';
import type { Input } from './entries.ts';

export interface ExpandContext {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** What `${workspaceFolder}` stands for. */
  readonly folder?: string;
  /** The client puts values in place of variables; where it does not, a text stands for itself. */
  readonly expands: boolean;
  readonly inputs?: ReadonlyMap<string, Input>;
}

/** What a text with its client's variables comes to. */
export interface Expanded {
  readonly text: string;
  /** The text is one variable of the environment, or the contents of one file, and nothing else: as a reference of ours. */
  readonly reference?: string;
  /** It holds what an environment variable held. */
  readonly fromEnvironment: boolean;
  /** Variables that have no value here, as they are written: `${input:key}`. */
  readonly unknown: readonly string[];
}

const pattern = /\$\{([^{}]+)\}/g;
const environmentName = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s;

/** Replaces the variables that VS Code, Cursor, Windsurf and Claude Code know: `${env:NAME}`, `${NAME:-default}`, `${userHome}`, … */
export function expand(text: string, context: ExpandContext, secretsToo: boolean): Expanded {
  const { env, platform, folder, expands, inputs } = context;
  if (!expands) return { text, fromEnvironment: false, unknown: [] };
  const unknown: string[] = [];
  let fromEnvironment = false;
  const places: Readonly<Record<string, string | undefined>> = {
    userHome: homeOf(env, platform),
    workspaceFolder: folder,
    workspaceRoot: folder,
    CLAUDE_PROJECT_DIR: folder,
    workspaceFolderBasename: folder === undefined ? undefined : basename(folder),
    pathSeparator: platform === 'win32' ? '\\' : sep,
    '/': platform === 'win32' ? '\\' : sep,
  };
  const replaced = text.replace(pattern, (whole, inner: string) => {
    const [place = '', usual] = inner.split(/:-(.*)/s);
    if (place in places) {
      const value = places[place] ?? usual;
      if (value === undefined) unknown.push(whole);
      return value ?? whole;
    }
    const asked = inner.startsWith('input:') ? inputs?.get(inner.slice('input:'.length))?.default : undefined;
    if (asked !== undefined) return asked;
    const [, name, otherwise] = environmentName.exec(inner) ?? [];
    const value = name === undefined ? undefined : (variable(env, name, platform) ?? otherwise);
    if (name === undefined || value === undefined || (!secretsToo && isSecretName(name))) {
      unknown.push(whole);
      return whole;
    }
    fromEnvironment = true;
    return value;
  });
  const [, only] = /^\$\{(?:env:)?([A-Za-z_]\w*)\}$/.exec(text.trim()) ?? [];
  const [, file] = /^\$\{(file:[^{}]+)\}$/.exec(text.trim()) ?? [];
  const reference = file ?? (only === undefined || only in places ? undefined : `env:${only}`);
  return { text: replaced, fromEnvironment, unknown, ...(reference === undefined ? {} : { reference }) };
}
