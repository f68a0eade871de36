import { describe, expect, it, test } from 'vitest';
import { hiddenValue } from '../../shared/trace-view.ts';
import { BodyReader } from '../../src-main/detect/body-reader.ts';
import { findSecrets } from '../../src-main/detect/find-secrets.ts';
import { maskJson } from '../../src-main/detect/masking.ts';
import { redactor } from '../../src-main/detect/redact.ts';
import { tintYaml } from '../../src-renderer/profiles/yaml-tint.ts';

const size = 1024 * 1024;
const fill = (piece: string): string => piece.repeat(Math.ceil(size / piece.length));

/** What each reader would have to start over again and again for, were it not linear: a megabyte of it took minutes. */
const worst: readonly string[] = [
  'a',
  'a-eyJ',
  'eyJ',
  'a:',
  '=',
  'token:',
  'token: ',
  'token="',
  `secret='token="`,
  String.raw`\"token\":\"`,
  '\\',
  '://a:b',
  'a@:',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'Bearer ',
  'sk-',
  '?key=&',
  ' :',
  '- ',
  '[',
  '{"a":',
  '{"password":',
  '"',
  '\n',
  ' ',
].map(fill);

describe('a megabyte of the worst input is read in one pass', () => {
  test.each(worst.map((text) => [text.slice(0, 30), text]))('%j …', (_, text) => {
    expect(maskJson(Buffer.from(text)).text).toBeTypeOf('string');
    expect(redactor(['known-secret'])(text)).toBeTypeOf('string');
    expect(findSecrets(`token: ${text}`)).toBeDefined();
    expect(maskJson(Buffer.from(`{"text":${JSON.stringify(text)}`)).text).toBeTypeOf('string');
    expect(tintYaml(text).length).toBeGreaterThan(0);
  });
});

describe('a body that was cut', () => {
  const body = (text: string) => maskJson(Buffer.from(text)).text;

  it('is masked up to where it was cut, and there as text', () => {
    expect(body('{"apiKey":"abc","n":[1,{"name":"x","password":"hun')).toBe(
      `{"apiKey":"${hiddenValue}","n":[1,{"name":"x","password":${hiddenValue}`,
    );
    expect(body('{"credentials":{"a":"first","b":"sec')).toBe(
      `{"credentials":{"a":"${hiddenValue}","b":${hiddenValue}`,
    );
    expect(body('sk-proj-0123456789abcdef and more')).toBe(`${hiddenValue} and more`);
  });

  it('shows no secret in a name', () => {
    const { text, hidden } = maskJson(Buffer.from('{"sk-proj-0123456789abcdef":{"password":"x"}}'));
    expect(text).toBe(`{"${hiddenValue}":{"password":"${hiddenValue}"}}`);
    expect(hidden.join()).not.toContain('sk-proj');
  });
});

describe('large bodies', () => {
  it('are read in a thread of their own, while this one goes on', async () => {
    const bodies = new BodyReader();
    const bytes = Buffer.from(JSON.stringify({ text: fill('a-b: c = '), password: 'hunter2', needle: 'haystack' }));
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    count();
    const [masked, revealed, found] = await Promise.all([
      bodies.mask(bytes),
      bodies.reveal(bytes, '/password'),
      bodies.search(bytes, ['haystack', 'hunter2']),
    ]);
    done = true;
    expect(masked.hidden).toEqual(['/password']);
    expect(masked.text).not.toContain('hunter2');
    expect(revealed).toBe('"hunter2"');
    expect(found).toEqual([true, false]);
    expect(turns).toBeGreaterThan(3);
  });
});
