import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hiddenValue } from '../../shared/trace-view.ts';
import { isSecretHeader, isSecretMember, maskJson, revealJson } from '../../src-main/detect/masking.ts';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('masked bodies', () => {
  it('hide values by the name of their member, in any of the usual spellings', () => {
    const { text, hidden } = maskJson(bytes({ apiKey: 'a', user: { Password: 'b', 'refresh-token': 'c', name: 'd' } }));
    expect(JSON.parse(text)).toEqual({
      apiKey: hiddenValue,
      user: { Password: hiddenValue, 'refresh-token': hiddenValue, name: 'd' },
    });
    expect(hidden).toEqual(['/apiKey', '/user/Password', '/user/refresh-token']);
  });

  it('hide values by their looks', () => {
    for (const secret of [
      'sk-proj-0123456789abcdef',
      'Bearer abcdefgh12345',
      `ghp_${'a'.repeat(36)}`,
      'https://me:pass@host/',
    ]) {
      expect(maskJson(bytes({ content: [{ type: 'text', text: `see ${secret}` }] })).text).not.toContain(secret);
    }
  });

  it('hide everything below a secret member', () => {
    expect(maskJson(bytes({ credentials: { a: ['x', 1] } })).hidden).toEqual(['/credentials/a/0', '/credentials/a/1']);
  });

  it('keep what only sounds like a secret', () => {
    for (const name of ['progressToken', 'max_tokens', 'monkey', 'keyboard', 'nextPageToken', 'method']) {
      expect(isSecretMember(name), name).toBe(false);
    }
  });

  it('leave every other byte as it was', () => {
    const text = '{ "id": 12345678901234567890, "token" : "s", "a":1,"a":2, "\\u0062": 1.0e5 }';
    expect(maskJson(bytes(text)).text).toBe(text.replace('"s"', `"${hiddenValue}"`));
  });

  it('hide what looks like a secret in what is not JSON', () => {
    const { text } = maskJson(bytes('hello\npassword = hunter2\n{"token": "cut off'));
    expect(text).toBe(`hello\npassword = ${hiddenValue}\n{"token": "${hiddenValue}`);
  });

  it('reveal one value by its pointer, and nothing that is not hidden', () => {
    const body = bytes({ 'a/b~': { token: 'secret' }, name: 'plain' });
    expect(maskJson(body).hidden).toEqual(['/a~1b~0/token']);
    expect(revealJson(body, '/a~1b~0/token')).toBe('"secret"');
    expect(revealJson(body, '/name')).toBeUndefined();
  });

  it('survive nesting without bound', () => {
    const deep = `${'['.repeat(50_000)}"sk-proj-0123456789abcdef"${']'.repeat(50_000)}`;
    expect(maskJson(bytes(deep)).text).not.toContain('sk-proj');
  });

  it('never show the value of a secret member, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (secret, other) => {
        const { text } = maskJson(bytes({ other: [other, { password: secret }] }));
        expect((JSON.parse(text) as { other: unknown[] }).other[1]).toEqual({ password: hiddenValue });
      }),
    );
  });
});

describe('headers', () => {
  it('that carry credentials are hidden', () => {
    expect(isSecretHeader('Authorization', 'x')).toBe(true);
    expect(isSecretHeader('X-Custom', 'Bearer abcdefgh12345')).toBe(true);
    expect(isSecretHeader('Content-Type', 'application/json')).toBe(false);
  });
});
