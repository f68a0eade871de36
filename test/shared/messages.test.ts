import { expect, test } from 'vitest';
import { errorCodes, layers, legs, TunnelError, type ErrorCode } from '../../shared/errors.ts';
import { layerOf } from '../../shared/error-layer.ts';
import { errorWords } from '../../shared/error-words.ts';
import type { Words } from '../../shared/words.ts';
import { describe, sentence } from '../../shared/messages.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];

test('every error code has its sentences, and no sentence is left over', () => {
  expect(Object.keys(errorWords).sort()).toEqual([...codes].sort());
});

test('an error without a parameter reads as whole sentences at every leg', () => {
  for (const code of codes) {
    for (const leg of legs) {
      const words = describe(new TunnelError(code, leg));
      for (const text of Object.values(words) as string[]) {
        expect(text, code).not.toMatch(/[{}[\]|]|undefined| {2}/);
        expect(text, code).toMatch(/^[A-Z`{]/);
      }
      expect(words.title, code).not.toMatch(/[.!]$/);
      expect(words.cause, code).toMatch(/\.$/);
      expect(words.next, code).toMatch(/\.$/);
      expect(sentence({ code, leg, params: {} })).not.toMatch(/!|\n/);
      expect(layers).toContain(layerOf({ code, leg, params: {} }));
    }
  }
});

test('every parameter a sentence names shows up when it is given', () => {
  for (const [code, words] of Object.entries(errorWords) as [ErrorCode, Words][]) {
    const text = Object.values(words).join(' ');
    const names = [...text.matchAll(/\{(\w+)/g)].map((match) => match[1]!).filter((name) => !/^where$/i.test(name));
    const params = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
    const line = sentence({ code, leg: 'mcp-server', params });
    for (const name of names) expect(line, code).toContain(`<${name}>`);
  }
});

test('a parameter cannot smuggle in a template', () => {
  const line = sentence({ code: 'dns_failed', leg: 'control-plane', params: { host: '{where}[x]', where: 'nowhere' } });
  expect(line).toContain('The name {where}[x] could not');
  expect(line).toContain('The control plane has no address');
});

test('a refused key is the app’s, a lost connection the network’s, a 503 the control plane’s, a dead child the server’s', () => {
  expect(layerOf({ code: 'unauthorized', leg: 'control-plane', params: {} })).toBe('app');
  expect(layerOf({ code: 'connect_refused', leg: 'control-plane', params: {} })).toBe('network');
  expect(layerOf({ code: 'control_plane_error', leg: 'control-plane', params: {} })).toBe('control-plane');
  expect(layerOf({ code: 'connect_refused', leg: 'mcp-server', params: {} })).toBe('mcp-server');
  expect(layerOf({ code: 'server_exited', leg: 'mcp-server', params: {} })).toBe('mcp-server');
  expect(layerOf({ code: 'unsupported_channel', leg: 'local', params: {} })).toBe('calling-product');
});
