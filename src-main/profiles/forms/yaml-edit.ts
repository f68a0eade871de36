import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isScalar, isSeq, Scalar, YAMLMap, YAMLSeq, type Document, type Node } from 'yaml';
import type { Shape, ShapeMap } from './file-shape.ts';

const isShapeMap = (shape: Shape | undefined): shape is ShapeMap => typeof shape === 'object' && !Array.isArray(shape);

/** Lists whose items are known by one of their fields; without it an item is `main`. */
const keyedBy: Readonly<Record<string, string>> = { server_urls: 'channel', commands: 'channel', targets: 'label' };

/** Text that a YAML reader could take for something else than text. */
const ambiguous = /^(?:|~|null|true|false|y|n|yes|no|on|off|[-+.]?\d.*|[-+]?\.(?:inf|nan))$/i;

function toNode(shape: Shape): Node {
  if (typeof shape === 'string') {
    const scalar = new Scalar(shape);
    if (ambiguous.test(shape)) scalar.type = 'QUOTE_DOUBLE';
    return scalar;
  }
  if (typeof shape !== 'object') {
    const scalar = new Scalar(String(shape));
    scalar.type = 'PLAIN';
    return scalar;
  }
  if (Array.isArray(shape)) {
    const list = new YAMLSeq<Node>();
    list.items = (shape as readonly Shape[]).map(toNode);
    return list;
  }
  const map = new YAMLMap<Node, Node>();
  for (const [key, value] of Object.entries(shape as ShapeMap)) map.set(toNode(key), toNode(value));
  return map;
}

const identity = (item: ShapeMap, key: string): string => {
  const value = item[key];
  return typeof value === 'string' && value !== '' ? value.trim().toLowerCase() : 'main';
};

function nodeIdentity(node: unknown, key: string): string | undefined {
  if (!isMap(node)) return undefined;
  const value = node.get(key);
  return typeof value === 'string' && value !== '' ? value.trim().toLowerCase() : 'main';
}

/** Edits a list item by item, so that the comments of items that stay do stay. */
function editKeyedList(list: YAMLSeq, before: readonly Shape[], after: readonly Shape[], key: string): void {
  const old = new Map(before.filter(isShapeMap).map((item) => [identity(item, key), item]));
  const wanted = new Map(after.filter(isShapeMap).map((item) => [identity(item, key), item]));
  list.items = [...wanted].map(([name, item]) => {
    const node = list.items.find((candidate) => nodeIdentity(candidate, key) === name);
    if (!isMap(node)) return toNode(item);
    editMap(node, old.get(name) ?? {}, item);
    return node;
  });
}

function editMap(node: YAMLMap, before: ShapeMap, after: ShapeMap): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, wanted] = [before[key], after[key]];
    if (isDeepStrictEqual(old, wanted)) continue;
    const current: unknown = node.get(key, true);
    if (wanted === undefined) {
      // A section keeps its comments, and what Culvert does not edit, such as `log:`.
      if (isMap(current) && isShapeMap(old)) {
        editMap(current, old, {});
        if (current.items.length === 0) node.delete(key);
      } else node.delete(key);
    } else if (isMap(current) && isShapeMap(wanted)) {
      editMap(current, isShapeMap(old) ? old : {}, wanted);
    } else if (isSeq(current) && keyedBy[key] !== undefined && Array.isArray(wanted)) {
      editKeyedList(
        current,
        Array.isArray(old) ? (old as readonly Shape[]) : [],
        wanted as readonly Shape[],
        keyedBy[key],
      );
    } else if (isScalar(current) && !isAlias(current) && typeof wanted !== 'object') {
      const made = toNode(wanted) as Scalar;
      const type = made.type ?? (ambiguous.test(String(made.value)) ? 'QUOTE_DOUBLE' : 'PLAIN');
      // an address or a number that stood there without quotes gets none
      const wasPlain = current.type === 'PLAIN' && [current.value, wanted].every((text) => /^\d/.test(String(text)));
      current.value = made.value;
      current.type = wasPlain ? 'PLAIN' : type;
      delete current.source;
    } else setKeepingKey(node, key, toNode(wanted));
  }
}

/** `node.set` with a new key would lose the comment that stands before an existing one. */
function setKeepingKey(node: YAMLMap, key: string, value: Node): void {
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair) pair.value = value;
  else node.set(toNode(key), value);
}

/** How the file is laid out, so that lines that do not change stay as they are. */
function layoutOf(text: string): { indent: number; indentSeq: boolean; flowCollectionPadding: boolean } {
  const indent = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return {
    indent: Math.min(Math.max(indent, 1), 8),
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(text),
    flowCollectionPadding: !/\{[^\s}]/.test(text),
  };
}

/** Changes what differs between two shapes and nothing else: comments and order survive, and the layout as far as it can. */
export function editDocument(document: Document.Parsed, text: string, before: ShapeMap, after: ShapeMap): string {
  if (!isMap(document.contents)) (document as Document).contents = new YAMLMap();
  editMap(document.contents as unknown as YAMLMap, before, after);
  return document.toString({ lineWidth: 0, ...layoutOf(text) });
}
