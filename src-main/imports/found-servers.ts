import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, EnvEntry } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { ImportSource } from '../../shared/import-words.ts';
import type { Environment } from '../mcp/process-environment.ts';
import { redactor } from '../observe/redact.ts';
import { clientFiles, projectFiles, vscodeProfiles, type ClientFile } from './client-files.ts';
import { entriesOf, projectsOf, type Project, type RawEntry } from './entries.ts';
import { understand, type Understood } from './understand.ts';

export interface FoundServer extends Understood {
  readonly candidate: Candidate;
}

export interface FoundServers {
  readonly servers: readonly FoundServer[];
  /** Files that are there and cannot be read, `config_unreadable` with line and column. */
  readonly problems: readonly TunnelError[];
}

export interface ImportOptions {
  readonly env: Environment;
  readonly platform?: NodeJS.Platform;
  /** A project whose own files are looked at as well, such as the folder that a command is run in. */
  readonly folder?: string;
}

/** Nothing stands for a value in their files: `${X}` is what it is. */
const literal: ReadonlySet<ImportSource> = new Set(['claude-desktop', 'codex']);

/** Claude Code keeps its history in its file. */
const largestFile = 64 * 1024 * 1024;
const mostProjects = 100;

async function textOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > largestFile) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TunnelError('config_unreadable', 'local', { file }, { cause });
  }
}

const idOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 16);

/**
 * The MCP servers that other programs on this machine have set up: Claude Desktop, Claude Code, Cursor, VS Code, Windsurf
 * and Codex, for all projects and for those that Claude Code and Codex know. Nothing is run and nothing is written. Never rejects.
 */
export async function findServers({ env, platform = process.platform, folder }: ImportOptions): Promise<FoundServers> {
  const problems: TunnelError[] = [];
  const projects = new Map<string, Project>(folder === undefined ? [] : [[folder, { disabled: new Set<string>() }]]);
  const read = async (client: ClientFile): Promise<FoundServer[]> => {
    try {
      const text = await textOf(client.file);
      if (text === undefined || text.trim() === '') return [];
      for (const [project, said] of projectsOf(client, text)) {
        projects.set(project, { disabled: new Set([...(projects.get(project)?.disabled ?? []), ...said.disabled]) });
      }
      const found: FoundServer[] = [];
      for (const entry of entriesOf(client, text)) {
        const understood = await understand(entry, { env, platform, expands: !literal.has(client.source) });
        if (understood) found.push({ ...understood, candidate: candidateOf(client, entry, understood) });
      }
      return found;
    } catch (error) {
      problems.push(error instanceof TunnelError ? error : new TunnelError('internal', 'local', {}, { cause: error }));
      return [];
    }
  };
  const everywhere = (await Promise.all((await allFiles(env, platform)).map(read))).flat();
  const files = [...projects].slice(0, mostProjects).flatMap(([each, { disabled }]) => projectFiles(each, disabled));
  const inProjects = (await Promise.all(files.map(read))).flat();
  return { servers: [...everywhere, ...inProjects], problems };
}

/** The clients' own files, and those of VS Code's profiles. */
async function allFiles(env: Environment, platform: NodeJS.Platform): Promise<ClientFile[]> {
  const files = clientFiles(env, platform);
  const profiles = files.map(async (client): Promise<ClientFile[]> => {
    const folder = vscodeProfiles(client);
    const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
    return folder === undefined ? [] : names.map((name) => ({ ...client, file: join(folder, name, 'mcp.json') }));
  });
  return [...files, ...(await Promise.all(profiles)).flat()];
}

function candidateOf(client: ClientFile, entry: RawEntry, found: Understood): Candidate {
  const { name, folder } = entry;
  const { server, dropped, disabled, unusable, values } = found;
  const names = (entries: readonly EnvEntry[]) => entries.map((each) => each.name);
  return {
    id: idOf(client.source, client.file, folder ?? '', name),
    source: client.source,
    file: client.file,
    name,
    // arguments and addresses may hold a key: the list shows that there is one, not which
    target: redactor()(server.kind === 'stdio' ? server.command : (server.unixSocket ?? server.url)),
    kind: server.kind,
    ...(server.kind === 'stdio' && server.cwd !== undefined ? { cwd: server.cwd } : {}),
    ...(folder === undefined ? {} : { project: folder }),
    envNames: server.kind === 'stdio' ? names(server.env) : [],
    headerNames: server.kind === 'http' ? names(server.headers) : [],
    secrets: values.size,
    disabled,
    unusable,
    dropped: [...dropped],
  };
}
