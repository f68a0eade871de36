import { describe, expect, test } from 'vitest';
import { kindOfAddress } from '../../src-main/harpoon/address-rules.ts';
import { bodyOf, recordingServer, rig } from './rig.ts';

const base = `config_version: 2
control_plane: { tunnel_id: tunnel_0123456789abcdef0123456789abcdef, api_key: key_1, poll_channels: [harpoon] }
`;
const harpoon = (targets: readonly string[], more = ''): string =>
  `${base}harpoon:\n  allow_plaintext_http: true\n${more}  targets:\n${targets.map((target) => `    - ${target}\n`).join('')}`;
const own = (targets: string): string => `culvert:\n  harpoon_targets:\n${targets}`;

describe('where a name may lead', () => {
  /** What a public name's answer may hold that is no public address, in the spellings that resolvers give. */
  const forbidden = [
    '127.0.0.1', '127.1.2.3', '0.0.0.0', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.254', '192.168.0.1',
    '169.254.1.1', '169.254.169.254', '169.254.170.2', '100.64.0.1', '100.100.100.200', '192.0.0.1', '192.0.2.1',
    '198.18.0.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255',
    '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fe80::1%25eth0', 'fc00::1', 'fd00::1', 'fd00:ec2::254', 'fd20:ce::254', 'ff02::1',
    '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1',
    '::127.0.0.1', '::7f00:1', '64:ff9b::7f00:1', '64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:7f00:1::',
    '2002:a9fe:a9fe::1', '2002:a00:1::', '2001:db8::1', '2001::1', 'not-an-address', '', '127.0.0.1.nip.io', '0x7f.1',
  ]; // prettier-ignore

  test.each(forbidden)('a public name that leads to %j reaches nothing', async (address) => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached);
    const { call } = await rig(harpoon([`{ label: api, url: "http://api.example.com:${port}/x" }`]), {
      names: { 'api.example.com': () => [address] },
      reached,
    });
    const answer = await call('call_target', { label: 'api', method: 'GET' });
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).not.toMatch(/example\.com|127\.0\.0\.1/);
    expect(reached).toEqual([]);
  });

  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '2a00:1450:4001::1', '64:ff9b::808:808'])(
    'a public name that leads to the public address %s is called',
    async (address) => {
      const reached: string[] = [];
      const { port } = await recordingServer(reached);
      const { call } = await rig(harpoon([`{ label: api, url: "http://api.example.com:${port}/x" }`]), {
        names: { 'api.example.com': () => [address] },
        reached,
      });
      expect(bodyOf(await call('call_target', { label: 'api', method: 'GET' }))).toBe('ok');
      expect(reached).toHaveLength(1);
    },
  );

  test('of several addresses only those that are allowed are tried', async () => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached);
    const names = { 'api.example.com': () => ['127.0.0.1', '93.184.216.34', '169.254.169.254'] };
    const { call } = await rig(harpoon([`{ label: api, url: "http://api.example.com:${port}/x" }`]), {
      names,
      reached,
    });
    expect(bodyOf(await call('call_target', { label: 'api', method: 'GET' }))).toBe('ok');
  });

  test('an answer that changes between one call and the next gains nothing', async () => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached, (_, response) =>
      response.writeHead(200, { connection: 'close' }).end('ok'),
    );
    const answers = [['93.184.216.34'], ['127.0.0.1'], ['169.254.169.254'], ['93.184.216.34']];
    const names = { 'api.example.com': () => answers.shift() ?? [] };
    const { call } = await rig(harpoon([`{ label: api, url: "http://api.example.com:${port}/x" }`]), {
      names,
      reached,
    });
    const outcomes: boolean[] = [];
    for (let n = 0; n < 4; n++)
      outcomes.push((await call('call_target', { label: 'api', method: 'GET' })).isError === true);
    expect(outcomes).toEqual([false, true, true, false]);
    expect(reached).toHaveLength(2);
  });

  test('hosts of a private network reach private addresses, and neither loopback nor what tells of the machine', async () => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached, (_, response) =>
      response.writeHead(200, { connection: 'close' }).end('ok'),
    );
    const url = (host: string) => `http://${host}:${port}/x`;
    const targets = ['crm.corp.example', 'api.internal', 'wiki', 'r7.example.net'].map(
      (host, index) => `{ label: t${index}, url: "${url(host)}" }`,
    );
    let address = '10.1.2.3';
    const lead = () => [address];
    const names = { 'crm.corp.example': lead, 'api.internal': lead, wiki: lead, 'r7.example.net': lead };
    const more = '  hosts_include_suffix: [corp.example]\n  hosts_include_regex: ["^r[0-9]+\\\\.example\\\\.net$"]\n';
    const { call } = await rig(harpoon(targets, more), { names, reached });
    for (let index = 0; index < 4; index++)
      expect(bodyOf(await call('call_target', { label: `t${index}`, method: 'GET' })), `t${index}`).toBe('ok');
    for (address of ['127.0.0.1', '169.254.169.254', 'fe80::1', '0.0.0.0'])
      for (let index = 0; index < 4; index++)
        expect(await call('call_target', { label: `t${index}`, method: 'GET' })).toMatchObject({ isError: true });
    expect(reached).toHaveLength(4);
  });

  test('a target that names an address by its number reaches that one', async () => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached);
    const { call } = await rig(harpoon([`{ label: api, url: "http://127.0.0.1:${port}/x" }`]), { reached });
    expect(bodyOf(await call('call_target', { label: 'api', method: 'GET' }))).toBe('ok');
  });

  test('kinds of addresses', () => {
    expect(kindOfAddress('8.8.8.8')).toBe('public');
    expect(kindOfAddress('192.168.1.1')).toBe('private');
    expect(kindOfAddress('fd12::1')).toBe('private');
    expect(kindOfAddress('127.9.9.9')).toBe('loopback');
    expect(kindOfAddress('169.254.169.254')).toBe('forbidden');
  });
});

describe('redirects', () => {
  const elsewhere = [
    'http://127.0.0.1:1/x', 'http://localhost/', '//evil.example/', 'http://api.example.com@evil.example/', 'https://api.example.com/x',
    'http://169.254.169.254/latest/meta-data/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://127.1/',
    'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'javascript:alert(1)', 'data:text/html,x',
    '/../admin', '/x/../../admin', '/%2e%2e/admin', '/x%2f..%2fadmin', '/y', '/x?admin=true', '/x/', '\\\\evil.example\\x',
    'http://api.example.com:1/x', 'HTTP://EVIL.EXAMPLE/x', 'http://api.example.com./x', 'http://api.example.com%00.evil/', '\thttp://evil.example/',
  ]; // prettier-ignore

  test.each(elsewhere)('to %j are not followed', async (location) => {
    const reached: string[] = [];
    const { port } = await recordingServer(reached, (_, response) => {
      response.writeHead(302, { location: Buffer.from(location).toString('latin1') }).end();
    });
    const { call } = await rig(harpoon([`{ label: api, url: "http://api.example.com:${port}/x" }`]), {
      names: {
        'api.example.com': () => ['93.184.216.34'],
        'evil.example': () => ['93.184.216.35'],
        localhost: () => ['127.0.0.1'],
      },
      reached,
    });
    expect(await call('call_target', { label: 'api', method: 'GET' })).toMatchObject({ isError: true });
    expect(reached).toHaveLength(1);
  });

  test.each([301, 302, 303, 307, 308])(
    'with status %i go to other targets alone, without what signs in',
    async (status) => {
      const reached: string[] = [];
      let seen: unknown;
      const second = await recordingServer(reached, (request, response) => {
        seen = [request.method, request.headers.authorization, request.headers['x-tag']];
        response.end('there');
      });
      const first = await recordingServer(reached, (_, response) =>
        response.writeHead(status, { location: `${second.origin}/b` }).end(),
      );
      const { call } = await rig(
        harpoon([`{ label: a, url: "${first.origin}/a" }`, `{ label: b, url: "${second.origin}/b" }`]),
        { reached },
      );
      const headers = { Authorization: 'Bearer secret', 'X-Tag': '1' };
      expect(bodyOf(await call('call_target', { label: 'a', method: 'POST', body: 'x', headers }))).toBe('there');
      expect(seen).toEqual([status <= 303 ? 'GET' : 'POST', undefined, '1']);
      expect(await call('call_target', { label: 'a', method: 'GET', follow_redirects: false })).toMatchObject({
        structured: { status_code: status, headers: { Location: ['harpoon://b'] } },
      });
    },
  );

  test('end at their limit', async () => {
    const reached: string[] = [];
    const server = await recordingServer(reached, (_, response) => response.writeHead(302, { location: '/a' }).end());
    const { call } = await rig(harpoon([`{ label: a, url: "${server.origin}/a" }`]), { reached });
    expect((await call('call_target', { label: 'a', method: 'GET', max_redirects: 2 })).text).toBe(
      'label a: redirect limit exceeded',
    );
    expect(reached).toHaveLength(3);
  });
});

describe('what a caller sends', () => {
  const smuggled = [
    { Host: 'evil.example' }, { 'Content-Length': '0' }, { 'Transfer-Encoding': 'chunked' }, { Connection: 'x-keep', 'X-Keep': '1' },
    { Cookie: 'a=b' }, { 'X-Forwarded-For': '127.0.0.1' }, { 'X-Forwarded-Host': 'evil' }, { Forwarded: 'for=1' }, { Via: '1.1 x' },
    { 'X-Real-IP': '1.2.3.4' }, { 'User-Agent': 'evil' }, { 'Proxy-Authorization': 'Basic x' }, { TE: 'trailers' }, { Upgrade: 'h2c' },
    { 'X-OpenAI-Skip-Auth': '1' }, { Expect: '100-continue' }, { 'X-Bad': 'a\r\nX-Injected: 1' }, { 'X-Bad': 'a\nb' }, { 'X-Bad\r\nX-Injected': '1' },
    { 'X Bad': '1' }, { 'X-Null': 'a\u0000b' }, { ' host ': 'evil.example' },
  ]; // prettier-ignore

  test.each(smuggled)('a header that may not be set stays behind: %j', async (headers) => {
    const reached: string[] = [];
    let seen: readonly string[] = [];
    const server = await recordingServer(reached, (request, response) => {
      seen = request.rawHeaders;
      response.end('ok');
    });
    const { call } = await rig(harpoon([`{ label: a, url: "${server.origin}/a" }`]), { reached });
    const answer = await call('call_target', { label: 'a', method: 'GET', headers });
    const text = seen.join('\n');
    expect(text).not.toMatch(/evil|injected|x-keep|skip-auth|h2c|1\.2\.3\.4|expect|cookie/i);
    if (answer.isError !== true && answer.error === undefined) expect(text).toMatch(new RegExp(`host\n${server.host}`));
  });

  test.each([
    [{ label: 'b', method: 'GET' }, 'label b: unknown target'],
    [{ label: 'a', method: 'GET', timeout_ms: 99 }, 'minimum'],
    [{ label: 'a', method: 'GET', timeout_ms: 120_001 }, 'maximum'],
    [{ label: 'a', method: 'GET', max_response_bytes: 102_401 }, 'maximum'],
    [{ label: 'a', method: 'TRACE' }, 'enum'],
    [{ label: 'a', method: 'GET', url: 'http://evil.example' }, 'unexpected additional properties'],
    [{ label: 'A', method: 'GET' }, 'pattern'],
    [{ label: 'a', method: 'POST', body: 'x'.repeat(102_401) }, 'request body exceeds size limit'],
    [{ label: '__proto__', method: 'GET' }, 'pattern'],
    [{ label: 'constructor', method: 'GET' }, 'unknown target'],
  ])('%j is refused with its reason', async (args, reason) => {
    const reached: string[] = [];
    const server = await recordingServer(reached);
    const { call } = await rig(harpoon([`{ label: a, url: "${server.origin}/a" }`]), { reached });
    expect((await call('call_target', args)).text).toContain(reason);
    expect(reached).toEqual([]);
  });

  const paths = [
    '../admin', '/../admin', '/x/../../admin', '/%2e%2e/admin', '/%2E%2E%2Fadmin', '/..%2fadmin', '/%252e%252e/admin', '/x%5c..%5cadmin',
    '//evil.example/x', '/\\evil.example', '/x\r\nHost: evil', '/x y', '/x#y', 'http://evil.example/', '@evil.example/', ':80/', '', '?x', '/%00',
    '/%zz', '/./../admin', '/a/%2e%2e%2f%2e%2e/admin', '/\u0000', '/x\u007f',
  ]; // prettier-ignore
  test.each(paths)('a path that leads outside of its target is refused: %j', async (path) => {
    const reached: string[] = [];
    const server = await recordingServer(reached);
    const yaml =
      harpoon([`{ label: a, url: "${server.origin}/v1/api" }`]) +
      own('    a: { paths: true, allowed_methods: [GET] }\n');
    const { call } = await rig(yaml, { reached });
    expect(await call('http_callout', { target: 'a', path, method: 'GET' })).toMatchObject({ isError: true });
    expect(reached).toEqual([]);
  });

  test('a path below its target is called, with its query and the methods that it allows', async () => {
    const reached: string[] = [];
    const server = await recordingServer(reached);
    const yaml =
      harpoon([`{ label: a, url: "${server.origin}/v1/api" }`]) +
      own('    a: { paths: true, allowed_methods: [GET, DELETE] }\n');
    const { call } = await rig(yaml, { reached });
    expect(bodyOf(await call('http_callout', { target: 'a', path: '/items/7?full=1', method: 'delete' }))).toBe('ok');
    expect(await call('http_callout', { target: 'a', path: '/items', method: 'POST' })).toMatchObject({
      isError: true,
    });
    expect(reached).toEqual([`DELETE ${server.host} /v1/api/items/7?full=1`]);
  });
});
