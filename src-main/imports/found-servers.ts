import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Candidate } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { Environment } from '../mcp/process-environment.ts';
import { redactor } from '../observe/redact.ts';
import { clientFiles, projectFiles, type ClientFile } from './client-files.ts';
import { entriesOf, projectFolders } from './entries.ts';
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
}

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
 * and Codex, for all projects and for those that Claude Code knows. Nothing is run and nothing is written. Never rejects.
 */
export async function findServers({ env, platform = process.platform }: ImportOptions): Promise<FoundServers> {
  const problems: TunnelError[] = [];
  const folders = new Set<string>();
  const read = async (client: ClientFile): Promise<FoundServer[]> => {
    try {
      const text = await textOf(client.file);
      if (text === undefined || text.trim() === '') return [];
      if (client.scheme === 'claude-code') for (const folder of projectFolders(text)) folders.add(folder);
      const found: FoundServer[] = [];
      for (const entry of entriesOf(client, text)) {
        const { folder } = entry;
        const understood = await understand(entry, { env, platform, ...(folder === undefined ? {} : { folder }) });
        if (understood) found.push({ ...understood, candidate: candidateOf(client, entry.name, folder, understood) });
      }
      return found;
    } catch (error) {
      problems.push(error instanceof TunnelError ? error : new TunnelError('internal', 'local', {}, { cause: error }));
      return [];
    }
  };
  const everywhere = (await Promise.all(clientFiles(env, platform).map(read))).flat();
  const projects = [...folders].slice(0, mostProjects).flatMap(projectFiles);
  const inProjects = (await Promise.all(projects.map(read))).flat();
  return { servers: [...everywhere, ...inProjects], problems };
}

function candidateOf(client: ClientFile, name: string, folder: string | undefined, found: Understood): Candidate {
  const { server, dropped } = found;
  const entries = server.kind === 'stdio' ? server.env : server.headers;
  return {
    id: idOf(client.source, client.file, folder ?? '', name),
    source: client.source,
    file: client.file,
    name,
    // arguments and addresses may hold a key: the list shows that there is one, not which
    target: redactor()(server.kind === 'stdio' ? server.command : server.url),
    kind: server.kind,
    ...(server.kind === 'stdio' && server.cwd !== undefined ? { cwd: server.cwd } : {}),
    envNames: server.kind === 'stdio' ? entries.map((entry) => entry.name) : [],
    dropped: [...dropped],
  };
}
