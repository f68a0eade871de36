import { parse as parseJsonc } from 'jsonc-parser';
import { z } from 'zod';
import { TunnelError } from '../../shared/errors.ts';
import type { ClientFile } from './client-files.ts';
import { placeInJson, readJson, readToml } from './read-client.ts';

/** One server as its client wrote it, not yet understood. */
export interface RawEntry {
  readonly name: string;
  /** Where it stands in the file. */
  readonly path: readonly string[];
  readonly value: Readonly<Record<string, unknown>>;
  /** The project it is for. */
  readonly folder?: string;
  /** Switched off in a list beside the servers. */
  readonly disabled?: boolean;
  /** What `${input:ID}` stands for. */
  readonly inputs?: ReadonlyMap<string, Input>;
}

/** A value that VS Code asks for. */
export interface Input {
  readonly description?: string;
  readonly default?: string;
}

interface Beside {
  readonly folder?: string | undefined;
  readonly disabled?: ReadonlySet<string>;
  readonly inputs?: ReadonlyMap<string, Input>;
}

/** What a project says of Claude Code's servers. */
export interface Project {
  /** Servers of its `.mcp.json` that are switched off. */
  readonly disabled: ReadonlySet<string>;
}

const map = z.record(z.string(), z.unknown());
const texts = z.array(z.string()).catch([]).default([]);
const projects = z.record(
  z.string(),
  z
    .looseObject({
      mcpServers: z.unknown().optional(),
      disabledMcpServers: texts,
      disabledMcpjsonServers: texts,
    })
    .catch({ disabledMcpServers: [], disabledMcpjsonServers: [] }),
);
const inputs = z.array(
  z
    .looseObject({
      id: z.string().optional(),
      description: z.string().optional().catch(undefined),
      default: z.string().optional().catch(undefined),
    })
    .catch({}),
);

/** What a client's file names: its servers, and what stands among them that is none. */
export interface Entries {
  readonly entries: readonly RawEntry[];
  readonly problems: readonly TunnelError[];
}

/** `config_invalid` for what was passed over at `path` of a client's file. */
export function passedOver(
  { file, scheme }: ClientFile,
  text: string,
  path: readonly string[],
  problem: string,
): TunnelError {
  return new TunnelError('config_invalid', 'local', {
    field: path.join('.'),
    file,
    ...(scheme === 'codex' ? {} : placeInJson(text, path)),
    problem,
    hint: 'It was passed over; correct it in that program.',
  });
}

/** Reads the servers at some places of one file. */
class Reader {
  readonly entries: RawEntry[] = [];
  readonly problems: TunnelError[] = [];
  readonly #client: ClientFile;
  readonly #text: string;

  constructor(client: ClientFile, text: string) {
    this.#client = client;
    this.#text = text;
  }

  read(servers: unknown, path: readonly string[], { folder, disabled, inputs: asked }: Beside = {}): void {
    if (servers === undefined || servers === null) return;
    const found = map.safeParse(servers);
    if (!found.success) return this.#passOver(path, 'it is not a list of servers by their names');
    for (const [name, value] of Object.entries(found.data)) {
      const entry = map.safeParse(value);
      if (!entry.success) {
        this.#passOver([...path, name], 'it is not the description of a server');
        continue;
      }
      this.entries.push({
        name,
        path: [...path, name],
        value: entry.data,
        ...(folder === undefined ? {} : { folder }),
        ...(disabled?.has(name) ? { disabled: true } : {}),
        ...(asked ? { inputs: asked } : {}),
      });
    }
  }

  #passOver(path: readonly string[], problem: string): void {
    this.problems.push(passedOver(this.#client, this.#text, path, problem));
  }
}

const inputsOf = (list: unknown): ReadonlyMap<string, Input> =>
  new Map(
    (inputs.safeParse(list).data ?? []).flatMap(({ id, description, default: usual }) =>
      id === undefined
        ? []
        : [
            [
              id,
              {
                ...(description === undefined ? {} : { description }),
                ...(usual === undefined ? {} : { default: usual }),
              },
            ] as const,
          ],
    ),
  );

/**
 * The servers that a client's file names, and what was passed over among them. Throws `config_unreadable` with line and
 * column where it cannot be read.
 */
export function entriesOf(client: ClientFile, text: string): Entries {
  const { file, scheme, folder, disabled } = client;
  const top = map.safeParse(scheme === 'codex' ? readToml(file, text) : readJson(file, text)).data;
  const reader = new Reader(client, text);
  if (!top) return reader;
  const beside = { folder, ...(disabled ? { disabled } : {}) };
  switch (scheme) {
    case 'codex':
      reader.read(top['mcp_servers'], ['mcp_servers'], beside);
      break;
    case 'vscode':
      reader.read(top['servers'], ['servers'], { ...beside, inputs: inputsOf(top['inputs']) });
      break;
    case 'vscode-settings': {
      const mcp = map.safeParse(top['mcp']).data;
      reader.read(mcp?.['servers'], ['mcp', 'servers'], { ...beside, inputs: inputsOf(mcp?.['inputs']) });
      break;
    }
    case 'mcpServers':
      reader.read(top['mcpServers'], ['mcpServers'], beside);
      break;
    case 'claude-code': {
      reader.read(top['mcpServers'], ['mcpServers'], beside);
      const own = projects.safeParse(top['projects']).data ?? {};
      for (const [project, { mcpServers, disabledMcpServers }] of Object.entries(own)) {
        const its = { folder: project, disabled: new Set(disabledMcpServers) };
        reader.read(mcpServers, ['projects', project, 'mcpServers'], its);
      }
    }
  }
  return reader;
}

/** The projects that Claude Code and Codex know of: their folders may hold files of their own. */
export function projectsOf({ file, scheme }: ClientFile, text: string): Map<string, Project> {
  if (scheme !== 'claude-code' && scheme !== 'codex') return new Map();
  const top = map.safeParse(scheme === 'codex' ? readToml(file, text) : parseJsonc(text)).data;
  return new Map(
    Object.entries(projects.safeParse(top?.['projects']).data ?? {}).map(([folder, { disabledMcpjsonServers }]) => [
      folder,
      { disabled: new Set(disabledMcpjsonServers) },
    ]),
  );
}
