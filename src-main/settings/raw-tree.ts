import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { TunnelError } from '../../shared/errors.ts';

/**
 * A configuration before it is checked: every scalar is the text that was written, wherever it was written. The
 * reference reads `1` and `"1"` alike where it wants a string, and so does this; unset and null are left out.
 */
export type Raw = string | readonly Raw[] | RawMap;
export interface RawMap {
  readonly [key: string]: Raw;
}
export type Path = readonly (string | number)[];

/** Where a value came from: a place in a file, or the flag or variable that set it. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export const isRawMap = (raw: Raw | undefined): raw is RawMap => typeof raw === 'object' && !Array.isArray(raw);

export function getIn(raw: Raw | undefined, path: Path): Raw | undefined {
  let here = raw;
  for (const key of path) {
    if (here === undefined || typeof here === 'string') return undefined;
    here = (here as Readonly<Record<string | number, Raw>>)[key];
  }
  return here;
}

/** A copy of `map` with `value` at `path`; undefined removes it. Path elements are keys of maps. */
export function setIn(map: RawMap, path: readonly string[], value: Raw | undefined): RawMap {
  const [key, ...rest] = path;
  if (key === undefined) return map;
  const { [key]: old, ...others } = map;
  if (rest.length === 0) return value === undefined ? others : { ...map, [key]: value };
  return { ...map, [key]: setIn(isRawMap(old) ? old : {}, rest, value) };
}

/** A parsed file: its document for editing, its tree for reading, and the place of any path in it. */
export interface SourceFile {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly raw: RawMap;
  placeOf(path: Path, key?: string): Place;
}

const isNull = (node: Node) =>
  isScalar(node) && node.type === 'PLAIN' && /^(?:~|null|Null|NULL|)$/.test(node.source ?? '');

/** Far more than a profile needs; stops a file whose aliases multiply. */
const maxNodes = 20_000;
/** Likewise for what stands in what. */
const maxDepth = 100;

/** What the parser says in words that are meant for programmers. */
const plainWords: readonly (readonly [RegExp, string])[] = [
  [/multiple documents/, 'a second document starts here (---), and a profile is one'],
  [/call stack/, 'it is nested too deep'],
];

/**
 * Reads YAML (and JSON, which is YAML) with the place of every value. Throws `config_unreadable` with line and column
 * for what is not YAML, and `config_invalid` when its top is not a mapping.
 */
export function parseSource(file: string, text: string): SourceFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, schema: 'failsafe', prettyErrors: false });
  const at = (offset: number | undefined): Place => {
    if (offset === undefined) return { file };
    const { line, col } = counter.linePos(offset);
    return { file, line, column: col };
  };
  const [problem] = document.errors;
  if (problem) {
    const place = at(problem.pos[0]);
    throw new TunnelError('config_unreadable', 'local', {
      ...place,
      problem:
        plainWords.find(([said]) => said.test(problem.message))?.[1] ?? lowerFirst(problem.message.replace(/\.$/, '')),
      hint: 'Correct this line and try again.',
    });
  }

  const unreadable = (node: Node | null, problem: string) =>
    new TunnelError('config_unreadable', 'local', { ...at(node?.range?.[0]), problem });
  /** The collections that lead to the node that is read. */
  const around: Node[] = [];
  let nodes = 0;
  const toRaw = (node: Node | null): Raw | undefined => {
    if (++nodes > maxNodes) throw new TunnelError('config_unreadable', 'local', { file, problem: 'it is too large' });
    if (node === null || isNull(node)) return undefined;
    if (isAlias(node)) {
      const target = (node.resolve(document) as Node | undefined) ?? null;
      if (target !== null && around.includes(target))
        throw unreadable(node, `the alias *${node.source} stands within what it refers to`);
      return toRaw(target);
    }
    if (!isMap(node) && !isSeq(node)) return nodeToRaw(node);
    if (around.length >= maxDepth) throw unreadable(node, 'it is nested too deep');
    around.push(node);
    try {
      return nodeToRaw(node);
    } finally {
      around.pop();
    }
  };
  const nodeToRaw = (node: Node): Raw | undefined => {
    if (isMap(node)) {
      const map: Record<string, Raw> = {};
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        const raw = toRaw(value as Node | null);
        if (name === '<<' && raw !== undefined) {
          for (const merged of Array.isArray(raw) ? (raw as readonly Raw[]) : [raw]) {
            if (isRawMap(merged))
              for (const [k, v] of Object.entries(merged)) if (!Object.hasOwn(map, k)) define(map, k, v);
          }
        } else if (raw !== undefined) define(map, name, raw);
      }
      return map;
    }
    if (isSeq(node)) return node.items.map((item) => toRaw(item as Node | null) ?? '');
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? '');
    return undefined;
  };

  const raw = toRaw(document.contents) ?? {};
  if (!isRawMap(raw)) {
    throw new TunnelError('config_invalid', 'local', {
      ...at(0),
      field: 'The top of the file',
      problem: 'it is not a mapping of settings',
    });
  }
  return {
    file,
    document,
    raw,
    placeOf(path, key) {
      const parent = document.getIn(path, true) as Node | undefined;
      if (key !== undefined && isMap(parent)) {
        const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
        return at((pair?.key as Node | undefined)?.range?.[0]);
      }
      if (parent?.range) return at(parent.range[0]);
      return path.length === 0 ? { file } : this.placeOf(path.slice(0, -1), String(path.at(-1)));
    },
  };
}

/** `__proto__` is a key like any other. */
function define(map: Record<string, Raw>, key: string, value: Raw): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
