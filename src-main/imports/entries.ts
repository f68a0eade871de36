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
}

const map = z.record(z.string(), z.unknown());
const maps = z.record(z.string(), map);
const projects = z.record(z.string(), z.looseObject({ mcpServers: maps.optional().catch(undefined) }).catch({}));

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

const named = (servers: unknown, folder?: string): RawEntry[] => {
  const found = map.safeParse(servers);
  return Object.entries(found.success ? found.data : {}).flatMap(([name, value]) => {
    const entry = map.safeParse(value);
    return entry.success ? [{ name, value: entry.data, ...(folder === undefined ? {} : { folder }) }] : [];
  });
};

/** The servers that a client's file names. Throws `config_unreadable` with line and column where it cannot be read. */
export function entriesOf({ file, scheme, folder }: ClientFile, text: string): RawEntry[] {
  const read = map.safeParse(scheme === 'codex' ? readToml(file, text) : readJson(file, text));
  if (!read.success) return [];
  const top = read.data;
  switch (scheme) {
    case 'codex':
      return named(top['mcp_servers'], folder);
    case 'vscode':
      return named(top['servers'], folder);
    case 'vscode-settings':
      return named(map.safeParse(top['mcp']).data?.['servers'], folder);
    case 'mcpServers':
      return named(top['mcpServers'], folder);
    case 'claude-code': {
      const own = projects.safeParse(top['projects']).data ?? {};
      return [
        ...named(top['mcpServers'], folder),
        ...Object.entries(own).flatMap(([project, { mcpServers }]) => named(mcpServers, project)),
      ];
    }
  }
}

/** The projects that Claude Code knows of: their folders may hold files of their own. */
export function projectFolders(text: string): string[] {
  const top = map.safeParse(parseJsonc(text)).data;
  return Object.keys(map.safeParse(top?.['projects']).data ?? {});
}
