import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSecretName, redactor } from '../../src-main/detect/redact.ts';

test.each([
  ['key sk-proj-abcdefghijklmnop1234 used', 'key *** used'],
  ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer ***'],
  ['connect postgres://me:s3cret@db/x', 'connect postgres://me:***@db/x'],
  ['{"api_key": "abc123xyz", "n": 1}', '{"api_key": "***", "n": 1}'],
  ['http://h/mcp?key=abc&page=2#top', 'http://h/mcp?key=***&page=2#top'],
  ['https://h/?x=1&SIG=a%2Fb&code=c then', 'https://h/?x=1&SIG=***&code=*** then'],
  ['https://h/mcp?subscription-key=1&sessionId=2', 'https://h/mcp?subscription-key=***&sessionId=***'],
  ['password="correct horse \\" battery" n=1', 'password="***" n=1'],
  ["secret: 'a b' c", "secret: '***' c"],
  ['MY_TOKEN=abcd1234 and more', 'MY_TOKEN=*** and more'],
  ['GITHUB ghp_abcdefghijklmnopqrstuvwx1234', 'GITHUB ***'],
  ['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl end', 'jwt *** end'],
  ['AKIAIOSFODNN7EXAMPLE', '***'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nnext', '***\nnext'],
])('%j is masked', (text, masked) => {
  expect(redactor()(text)).toBe(masked);
});

test.each([
  'Server running on stdio',
  'max_tokens: 4096',
  'monkey=banana',
  'GET http://host:8080/path',
  'took 15 ms',
  '',
])('%j is left as it is', (text) => {
  expect(redactor()(text)).toBe(text);
});

test('a known value is masked wherever it stands, the longer of two first, and none that is too short to be a secret', () => {
  const redact = redactor(['hunter2', 'hunter2-long', 'on']);
  expect(redact('on hunter2-long or hunter2!')).toBe('on *** or ***!');
});

test('no known value ever comes through, whatever surrounds it', () => {
  const secret = fc.string({ minLength: 6, maxLength: 20 }).filter((value) => !'***'.includes(value));
  fc.assert(
    fc.property(fc.string(), secret, fc.string(), (before, value, after) => {
      fc.pre(!value.includes('*'));
      expect(redactor([value])(before + value + after)).not.toContain(value);
    }),
  );
});

test('the name of a variable tells whether its value is a secret', () => {
  expect(['API_KEY', 'githubToken', 'DB_PASSWORD', 'AUTH', 'CLIENT_SECRET'].every(isSecretName)).toBe(true);
  expect(['HOME', 'LOG_LEVEL', 'PORT'].some(isSecretName)).toBe(false);
});
