import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, EnvEntry } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { ImportSource } from '../../shared/import-words.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import type { Environment } from '../process/environment.ts';
import { redactor } from '../detect/redact.ts';
import { clientFiles, projectFiles, vscodeProfiles, type ClientFile } from './client-files.ts';
import { entriesOf, passedOver, projectsOf, type Project, type RawEntry } from './entries.ts';
import { understand, type Understood } from './understand.ts';

export interface FoundServer extends Understood {
  readonly candidate: Candidate;
}

export interface FoundServers {
  readonly servers: readonly FoundServer[];
  /**
   * Files that are there and cannot be read, `config_unreadable` with line and column; and servers in them that were
   * passed over, `config_invalid`.
   */
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

/** What one file says. */
interface ReadFile extends FoundServers {
  /** The projects that its client knows. */
  readonly projects: readonly (readonly [folder: string, said: Project])[];
}

async function readClient(client: ClientFile, env: Environment, platform: NodeJS.Platform): Promise<ReadFile> {
  try {
    const text = await textOf(client.file);
    if (text === undefined || text.trim() === '') return { servers: [], problems: [], projects: [] };
    const servers: FoundServer[] = [];
    const { entries, problems: passed } = entriesOf(client, text);
    const problems = [...passed];
    for (const entry of entries) {
      const understood = await understand(entry, { env, platform, expands: !literal.has(client.source) });
      if (understood) servers.push({ ...understood, candidate: candidateOf(client, entry, understood) });
      else problems.push(passedOver(client, text, entry.path, 'it names neither a command nor an address'));
    }
    return { servers, problems, projects: [...projectsOf(client, text)] };
  } catch (error) {
    const problem = asTunnelError(error);
    return { servers: [], problems: [problem], projects: [] };
  }
}

/**
 * The MCP servers that other programs on this machine have set up: Claude Desktop, Claude Code, Cursor, VS Code, Windsurf
 * and Codex, for all projects and for those that Claude Code and Codex know. Nothing is run and nothing is written. Never
 * rejects. Servers and problems are in the order of the files, whichever was read first.
 */
export async function findServers({ env, platform = process.platform, folder }: ImportOptions): Promise<FoundServers> {
  const readAll = (files: readonly ClientFile[]) => Promise.all(files.map((file) => readClient(file, env, platform)));
  const everywhere = await readAll(await allFiles(env, platform));
  const projects = new Map<string, Project>(folder === undefined ? [] : [[folder, { disabled: new Set<string>() }]]);
  for (const [project, said] of everywhere.flatMap((each) => each.projects)) {
    projects.set(project, { disabled: new Set([...(projects.get(project)?.disabled ?? []), ...said.disabled]) });
  }
  const inProjects = [...projects]
    .slice(0, mostProjects)
    .flatMap(([each, { disabled }]) => projectFiles(each, disabled));
  const all = [...everywhere, ...(await readAll(inProjects))];
  return { servers: all.flatMap((each) => each.servers), problems: all.flatMap((each) => each.problems) };
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
