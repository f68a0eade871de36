import { parse as parseJsonc, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { parse as parseToml, TomlError } from 'smol-toml';
import { z } from 'zod';
import { TunnelError } from '../../shared/errors.ts';
import type { ClientFile } from './client-files.ts';

/** One server as its client wrote it, not yet understood. */
export interface RawEntry {
  readonly name: string;
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
const maps = z.record(z.string(), map);
const texts = z.array(z.string()).catch([]).default([]);
const projects = z.record(
  z.string(),
  z
    .looseObject({
      mcpServers: maps.optional().catch(undefined),
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

const unreadable = (file: string, place: { line: number; column: number }, problem: string): TunnelError =>
  new TunnelError('config_unreadable', 'local', { file, ...place, problem });

/** JSON as these programs read it: some allow comments and commas at the end. Throws `config_unreadable` with the place. */
function readJson(file: string, text: string): unknown {
  const errors: ParseError[] = [];
  const source = text.replace(/^\uFEFF/, '');
  const value: unknown = parseJsonc(source, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first) {
    const before = source.slice(0, first.offset).split('\n');
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    throw unreadable(file, place, `it is not JSON (${printParseErrorCode(first.error)})`);
  }
  return value;
}

function readToml(file: string, text: string): unknown {
  try {
    return parseToml(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    throw unreadable(file, { line, column }, 'it is not TOML');
  }
}

const named = (servers: unknown, { folder, disabled, inputs: asked }: Beside = {}): RawEntry[] => {
  const found = map.safeParse(servers);
  return Object.entries(found.success ? found.data : {}).flatMap(([name, value]) => {
    const entry = map.safeParse(value);
    if (!entry.success) return [];
    return [
      {
        name,
        value: entry.data,
        ...(folder === undefined ? {} : { folder }),
        ...(disabled?.has(name) ? { disabled: true } : {}),
        ...(asked ? { inputs: asked } : {}),
      },
    ];
  });
};

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

/** The servers that a client's file names. Throws `config_unreadable` with line and column where it cannot be read. */
export function entriesOf({ file, scheme, folder, disabled }: ClientFile, text: string): RawEntry[] {
  const read = map.safeParse(scheme === 'codex' ? readToml(file, text) : readJson(file, text));
  if (!read.success) return [];
  const top = read.data;
  const beside = { folder, ...(disabled ? { disabled } : {}) };
  switch (scheme) {
    case 'codex':
      return named(top['mcp_servers'], beside);
    case 'vscode':
      return named(top['servers'], { ...beside, inputs: inputsOf(top['inputs']) });
    case 'vscode-settings': {
      const mcp = map.safeParse(top['mcp']).data;
      return named(mcp?.['servers'], { ...beside, inputs: inputsOf(mcp?.['inputs']) });
    }
    case 'mcpServers':
      return named(top['mcpServers'], beside);
    case 'claude-code': {
      const own = projects.safeParse(top['projects']).data ?? {};
      return [
        ...named(top['mcpServers'], beside),
        ...Object.entries(own).flatMap(([project, { mcpServers, disabledMcpServers }]) =>
          named(mcpServers, { folder: project, disabled: new Set(disabledMcpServers) }),
        ),
      ];
    }
  }
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
