import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ancestorsOf,
  findInTree,
  foldablePaths,
  linesOf,
  parseJsonTree,
  type JsonNode,
} from '../../src-renderer/traces/json-tree.ts';

/** The tree written back, without blanks. */
function write(node: JsonNode): string {
  const key = node.key === undefined ? '' : `${node.key}:`;
  const inside = node.children.map(write).join(',');
  if (node.kind === 'object') return `${key}{${inside}}`;
  return node.kind === 'array' ? `${key}[${inside}]` : `${key}${node.raw}`;
}

describe('the tree of a body', () => {
  it('loses nothing of any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const compact = JSON.stringify(JSON.parse(text));
        const root = parseJsonTree(compact);
        expect(root && write(root)).toBe(compact);
      }),
    );
  });

  it('refuses what JSON.parse refuses, and reads what it reads', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}",:0-9 a-z\\.-]{0,20}$/)), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(parseJsonTree(text) !== undefined).toBe(isJson);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps integers that no double holds, and repeated keys in their order', () => {
    const root = parseJsonTree('{"a": 12345678901234567890, "a": 2, "b~/c": [1]}')!;
    expect(root.children.map(({ raw }) => raw)).toEqual(['12345678901234567890', '2', '']);
    expect(root.children.map(({ path }) => path)).toEqual(['.0', '.1', '.2']);
    expect(root.children[2]?.children[0]?.pointer).toBe('/b~0~1c/0');
  });

  it('gives up on nesting that nobody would read, and does not overflow', () => {
    expect(parseJsonTree('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined();
  });

  it('shows one line for what is folded', () => {
    const root = parseJsonTree('{"a":{"b":[1,2]},"c":{}}')!;
    const shown = (folded: ReadonlySet<string>): string[] =>
      linesOf(root, folded).map(({ node, part, comma }) => `${node.key ?? ''}${part}${comma ? ',' : ''}`);
    expect(shown(new Set())).toEqual([
      'open',
      '"a"open',
      '"b"open',
      'leaf,',
      'leaf',
      '"b"close',
      '"a"close,',
      '"c"folded',
      'close',
    ]);
    expect(shown(foldablePaths(root, 1))).toEqual(['open', '"a"folded,', '"c"folded', 'close']);
  });

  it('finds names and values, and the folds they are under', () => {
    const root = parseJsonTree('{"a":{"b":[1,"Needle"]},"needle":0}')!;
    expect(findInTree(root, 'NEEDLE')).toEqual(['.0.0.1', '.1']);
    expect(ancestorsOf('.0.0.1')).toEqual(['', '.0', '.0.0']);
  });
});
