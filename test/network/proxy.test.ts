import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBypassed, parseProxy, proxyFromEnvironment } from '../../src-main/network/proxy.ts';

test.each([
  ['proxy.corp:3128', { host: 'proxy.corp', port: 3128, secure: false, label: 'http://proxy.corp:3128' }],
  ['http://proxy.corp', { port: 80 }],
  ['https://proxy.corp', { port: 443, secure: true }],
  ['socks5://u:p@10.0.0.1', { kind: 'socks5', port: 1080, credentials: { username: 'u', password: 'p' } }],
  ['http://[::1]:8080', { host: '::1', label: 'http://[::1]:8080' }],
  ['http://us%40er:p%3Aw@h:1', { authorization: `Basic ${Buffer.from('us@er:p:w').toString('base64')}` }],
])('the proxy %s is understood', (text, expected) => {
  expect(parseProxy(text, 'control-plane', 'http_proxy')).toMatchObject(expected);
});

test.each(['ftp://secret@h', 'http://', 'http://h:99999', 'http://user:secret@h o'])(
  '%s is no proxy, and its text stays private',
  (text) => {
    try {
      parseProxy(text, 'control-plane', 'http_proxy');
      expect.fail('it was taken');
    } catch (error) {
      expect(error).toMatchObject({ code: 'proxy_invalid', params: { field: 'http_proxy' } });
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  },
);

const bypassed = (noProxy: string, url: string): boolean => isBypassed(new URL(url), noProxy);

test.each([
  ['*', 'http://anything.example/', true],
  ['example.com', 'https://example.com/', true],
  ['example.com', 'https://a.example.com/', true],
  ['.example.com', 'https://a.example.com/', true],
  ['*.example.com', 'https://a.example.com/', true],
  ['example.com', 'https://notexample.com/', false],
  ['EXAMPLE.com', 'https://Example.COM/', true],
  ['example.com:8443', 'https://example.com:8443/', true],
  ['example.com:8443', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['a, b c', 'http://c/', true],
  ['10.0.0.0/8', 'http://10.20.30.40/', true],
  ['10.0.0.0/8', 'http://11.0.0.1/', false],
  ['10.0.0.0/8', 'http://ten.example/', false],
  ['fd00::/8', 'http://[fd12::1]/', true],
  ['[::1]:8080', 'http://[::1]:8080/', true],
  ['::1', 'http://[0:0:0:0:0:0:0:1]/', true],
  ['127.0.0.1', 'http://127.0.0.1:9/', true],
  ['10.0.0.0/99', 'http://10.0.0.1/', false],
  ['', 'http://h/', false],
])('NO_PROXY=%s and %s: %s', (noProxy, url, expected) => {
  expect(bypassed(noProxy, url)).toBe(expected);
});

test('upper case comes first, HTTP_PROXY also serves https, and NO_PROXY takes hosts out', () => {
  const https = new URL('https://h/');
  const http = new URL('http://h/');
  expect(proxyFromEnvironment(https, { HTTPS_PROXY: 'a', https_proxy: 'b', HTTP_PROXY: 'c' })).toEqual({
    text: 'a',
    variable: 'HTTPS_PROXY',
  });
  expect(proxyFromEnvironment(https, { https_proxy: 'b', HTTP_PROXY: 'c' })?.text).toBe('b');
  expect(proxyFromEnvironment(https, { http_proxy: 'd' })).toEqual({ text: 'd', variable: 'http_proxy' });
  expect(proxyFromEnvironment(http, { HTTPS_PROXY: 'a' })).toBeUndefined();
  expect(proxyFromEnvironment(http, { HTTP_PROXY: ' ' })).toBeUndefined();
  expect(proxyFromEnvironment(https, { HTTPS_PROXY: 'a', no_proxy: 'h' })).toBeUndefined();
  expect(proxyFromEnvironment(https, { HTTPS_PROXY: 'a', NO_PROXY: 'x', no_proxy: 'h' })?.text).toBe('a');
});

test('no NO_PROXY makes the decision fail', () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), (noProxy, host) => {
      expect(typeof bypassed(noProxy, `http://${host}/`)).toBe('boolean');
    }),
  );
});
