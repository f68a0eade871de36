/**
 * A JSON text as a tree that keeps what was written: long integers stay digits, repeated keys stay, in their order.
 * `path` tells nodes apart (also those of repeated keys), `pointer` is the JSON Pointer that hidden values are named by.
 */
export interface JsonNode {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'literal';
  readonly path: string;
  readonly pointer: string;
  /** The member's name as it is written, with its quotes. */
  readonly key: string | undefined;
  /** The value as it is written; empty for objects and arrays. */
  readonly raw: string;
  readonly children: readonly JsonNode[];
}

const maxDepth = 400;
const blank = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- JSON strings may not contain them
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literalToken = /true|false|null/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #char(wanted: string): boolean {
    this.#take(blank);
    if (this.#text[this.#at] !== wanted) return false;
    this.#at++;
    return true;
  }

  read(): JsonNode | undefined {
    const node = this.#value('', '', undefined, 0);
    this.#take(blank);
    return this.#at === this.#text.length ? node : undefined;
  }

  #value(path: string, pointer: string, key: string | undefined, depth: number): JsonNode | undefined {
    if (depth > maxDepth) return undefined;
    if (this.#char('{')) return this.#members('object', '}', path, pointer, key, depth);
    if (this.#char('[')) return this.#members('array', ']', path, pointer, key, depth);
    const leaf = (kind: JsonNode['kind'], raw: string | undefined): JsonNode | undefined =>
      raw === undefined ? undefined : { kind, path, pointer, key, raw, children: [] };
    return (
      leaf('string', this.#take(stringToken)) ??
      leaf('number', this.#take(numberToken)) ??
      leaf('literal', this.#take(literalToken))
    );
  }

  #members(
    kind: 'object' | 'array',
    close: string,
    path: string,
    pointer: string,
    key: string | undefined,
    depth: number,
  ): JsonNode | undefined {
    const children: JsonNode[] = [];
    const done = (): JsonNode => ({ kind, path, pointer, key, raw: '', children });
    if (this.#char(close)) return done();
    for (;;) {
      let name: string | undefined;
      this.#take(blank);
      if (kind === 'object') {
        name = this.#take(stringToken);
        if (name === undefined || !this.#char(':')) return undefined;
      }
      const step = name === undefined ? String(children.length) : escapePointer(JSON.parse(name) as string);
      const child = this.#value(`${path}.${children.length}`, `${pointer}/${step}`, name, depth + 1);
      if (!child) return undefined;
      children.push(child);
      if (this.#char(close)) return done();
      if (!this.#char(',')) return undefined;
    }
  }
}

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** `undefined` when it is not JSON, or nested deeper than anyone would read. */
export const parseJsonTree = (text: string): JsonNode | undefined => new Reader(text).read();

export interface JsonLine {
  readonly node: JsonNode;
  readonly depth: number;
  /** A value on one line, the first or last line of one that is open, or a folded one. */
  readonly part: 'leaf' | 'open' | 'close' | 'folded';
  readonly comma: boolean;
}

/** The lines that are on screen: what is folded has one. */
export function linesOf(root: JsonNode, folded: ReadonlySet<string>): readonly JsonLine[] {
  const lines: JsonLine[] = [];
  const walk = (node: JsonNode, depth: number, comma: boolean): void => {
    if (node.kind !== 'object' && node.kind !== 'array') lines.push({ node, depth, part: 'leaf', comma });
    else if (node.children.length === 0 || folded.has(node.path)) lines.push({ node, depth, part: 'folded', comma });
    else {
      lines.push({ node, depth, part: 'open', comma: false });
      node.children.forEach((child, index) => walk(child, depth + 1, index < node.children.length - 1));
      lines.push({ node, depth, part: 'close', comma });
    }
  };
  walk(root, 0, false);
  return lines;
}

/** Paths of everything that can be folded, from `depth` on. */
export function foldablePaths(root: JsonNode, depth = 1): Set<string> {
  const paths = new Set<string>();
  const walk = (node: JsonNode, at: number): void => {
    if (node.children.length === 0) return;
    if (at >= depth) paths.add(node.path);
    for (const child of node.children) walk(child, at + 1);
  };
  walk(root, 0);
  return paths;
}

/** Paths of the nodes whose name or value contains a text, in their order, case aside. */
export function findInTree(root: JsonNode, text: string): readonly string[] {
  const wanted = text.toLowerCase();
  const found: string[] = [];
  if (wanted === '') return found;
  const walk = (node: JsonNode): void => {
    if (node.key?.toLowerCase().includes(wanted) === true || node.raw.toLowerCase().includes(wanted))
      found.push(node.path);
    node.children.forEach(walk);
  };
  walk(root);
  return found;
}

/** The nodes that have to be unfolded for a path to be seen. */
export function ancestorsOf(path: string): readonly string[] {
  const steps = path.split('.').slice(1);
  return steps.map((_, index) => ['', ...steps.slice(0, index)].join('.'));
}
