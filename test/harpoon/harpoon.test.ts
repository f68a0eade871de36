import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { Template } from '../../src-main/harpoon/template.ts';
import { loadProfileText } from '../../src-main/profiles/load.ts';
import { bodyOf, recordingServer, rig } from './rig.ts';

const base = `config_version: 2
control_plane: { tunnel_id: tunnel_0123456789abcdef0123456789abcdef, api_key: key_1, poll_channels: [harpoon] }
`;
const exact = (url: string, label = 'a'): string =>
  `${base}harpoon:\n  allow_plaintext_http: true\n  targets:\n    - { label: ${label}, url: "${url}", description: first }\n`;

describe('Harpoon', () => {
  test('has the tools of the reference client, byte for byte', async () => {
    const { harpoon } = await rig(exact('http://127.0.0.1:1/a'));
    const facts = await readFile(new URL('../fixtures/harpoon/tools-list.json', import.meta.url), 'utf8');
    expect(JSON.stringify({ tools: harpoon.server.tools }).replaceAll('&', String.raw`\u0026`)).toBe(facts.trim());
  });

  test('speaks both eras', async () => {
    const { ask } = await rig(exact('http://127.0.0.1:1/a'));
    expect(await ask('initialize', { protocolVersion: '2025-06-18' })).toMatchObject({
      result: { protocolVersion: '2025-06-18', serverInfo: { name: 'harpoon' } },
    });
    expect(await ask('server/discover')).toMatchObject({ result: { supportedVersions: ['2026-07-28'] } });
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    expect(await ask('tools/list', { _meta })).toMatchObject({ result: { resultType: 'complete' } });
    expect(await ask('no/such')).toMatchObject({ error: { code: -32601 } });
  });

  test('lists targets without their addresses, filtered as asked', async () => {
    const { call } = await rig(exact('http://127.0.0.1:1/private/path'));
    expect((await call('list_targets', {})).text).toBe(
      '{"targets":[{"label":"a","description":"first","category":"config","source":"config","allowed_methods":["GET","POST","PUT"]}]}',
    );
    expect((await call('list_targets', { categories: ['oauth'] })).text).toBe('{"targets":[]}');
    expect((await call('list_targets', { categories: [' CONFIG '], tags: [] })).text).toContain('"a"');
  });

  test('says harpoon://LABEL where an answer names a target', async () => {
    const reached: string[] = [];
    const server = await recordingServer(reached, (request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        link: `<http://${request.headers.host ?? ''}/a>; rel=self`,
      });
      response.end(`{"b":1,"a":{"url":"http://${request.headers.host ?? ''}/a","other":"http://x.example/"}}`);
    });
    const { call } = await rig(exact(`${server.origin}/a`), { reached });
    const answer = await call('call_target', { label: 'a', method: 'GET' });
    expect(bodyOf(answer)).toBe('{"a":{"other":"http://x.example/","url":"harpoon://a"},"b":1}');
    expect(answer.structured.headers['Link']).toEqual(['<harpoon://a>; rel=self']);
  });

  test('holds its limits under 200 parallel calls, and a slow target holds up no other', async () => {
    const reached: string[] = [];
    const waiting: (() => void)[] = [];
    const server = await recordingServer(reached, (request, response) => {
      if (request.url === '/slow') waiting.push(() => response.end('slow'));
      else response.end('x'.repeat(request.url === '/big' ? 102_401 : 102_400));
    });
    const yaml = `${base}harpoon:\n  allow_plaintext_http: true\n  targets:\n${['slow', 'full', 'big'].map((name) => `    - { label: ${name}, url: "${server.origin}/${name}" }\n`).join('')}`;
    const { call } = await rig(yaml, { reached });
    const slow = Array.from({ length: 200 }, () => call('call_target', { label: 'slow', method: 'GET' }));
    const full = await Promise.all(
      Array.from({ length: 200 }, () => call('call_target', { label: 'full', method: 'GET' })),
    );
    expect(full.every((answer) => bodyOf(answer).length === 102_400)).toBe(true);
    expect((await call('call_target', { label: 'big', method: 'GET' })).text).toBe(
      'label big: response exceeds size limit',
    );
    let left = slow.length;
    for (const one of slow) void one.then(() => left--);
    while (left > 0) {
      for (const finish of waiting.splice(0)) finish();
      await new Promise(setImmediate);
    }
  });

  test('gives a call up after its time, and when its caller leaves', async () => {
    const server = await recordingServer([], () => undefined);
    const { call } = await rig(exact(`${server.origin}/a`));
    expect((await call('call_target', { label: 'a', method: 'GET', timeout_ms: 100 })).text).toBe(
      'label a: request failed: timeout',
    );
  });

  test('keeps no bodies of calls unless asked, and never those of templates', async () => {
    const server = await recordingServer([], (_, response) => response.end('private'));
    const plain = await rig(exact(`${server.origin}/a`));
    await plain.call('call_target', { label: 'a', method: 'POST', body: 'private' });
    expect(JSON.stringify(plain.harpoon.calls.entries)).not.toContain('private');
    const captured = await rig(exact(`${server.origin}/a`).replace('  targets', '  capture_payloads: true\n  targets'));
    await captured.call('call_target', { label: 'a', method: 'POST', body: 'private' });
    expect(captured.harpoon.calls.entries[0]).toMatchObject({ request_body: 'private', response_body: 'private' });
  });
});

const template = (more = '', origin = 'https://cases.example'): string => `${base}harpoon:
  targets:
    - label: orders
      template:
        version: 1
        origin: ${origin}
        method: GET
        path_template: /tenants/{tenant}/orders
        query: { CaseId: "{case_id}", archive: "false" }
        parameters:
          tenant: { type: string, required: true, pattern: '^[A-Za-z0-9_-]+$', max_length: 64, reserved_values: [admin] }
          case_id: { type: string, required: true, enum: [CASE-1, CASE-2], max_length: 8 }
        headers: { Authorization: "Bearer fixed-credential" }
        allowed_headers: [Accept, X-Request-Tag]
${more}`;

describe('a target template', () => {
  test('is offered with its parameters, and nothing of where it leads', async () => {
    const { call, ask } = await rig(template());
    const { text } = await call('list_targets', {});
    expect(JSON.parse(text)).toMatchObject({
      targets: [
        {
          label: 'orders',
          allowed_methods: ['GET'],
          template_version: 1,
          parameters_schema: { required: ['case_id', 'tenant'] },
        },
      ],
    });
    expect(text).not.toMatch(/cases\.example|tenants|archive|credential/);
    expect(JSON.stringify(await ask('tools/list'))).toContain('call_target_template');
    expect((await call('call_target', { label: 'orders', method: 'GET' })).isError).toBe(true);
  });

  test.each([
    [
      { tenant: 'a/b', case_id: 'CASE-1' },
      'parameter tenant: identifier contains forbidden characters or path segments',
    ],
    [
      { tenant: '..', case_id: 'CASE-1' },
      'parameter tenant: identifier contains forbidden characters or path segments',
    ],
    [
      { tenant: '%2e%2e', case_id: 'CASE-1' },
      'parameter tenant: identifier contains forbidden characters or path segments',
    ],
    [{ tenant: 'ADMIN', case_id: 'CASE-1' }, 'parameter tenant: identifier is reserved'],
    [{ tenant: 'x'.repeat(65), case_id: 'CASE-1' }, 'parameter tenant: identifier length is outside its bounds'],
    [{ tenant: 'a', case_id: 'CASE-3' }, 'parameter case_id: identifier is outside its enum'],
    [{ tenant: 'a' }, 'template parameter keys must match the declared schema'],
    [{ tenant: 'a', case_id: 'CASE-1', more: 'x' }, 'template parameter keys must match the declared schema'],
    [{ tenant: 1, case_id: 'CASE-1' }, 'parameter tenant must be a string'],
  ])('refuses the arguments %j', async (parameters, reason) => {
    const { call } = await rig(template());
    expect((await call('call_target_template', { label: 'orders', parameters })).text).toBe(`label orders: ${reason}`);
  });

  test.each([
    ['{"label":"orders","label":"other","parameters":{"tenant":"a","case_id":"CASE-1"}}', 'twice'],
    ['{"label":"orders","parameters":{"tenant":"a","tenant":"b","case_id":"CASE-1"}}', 'twice'],
    ['{"label":"orders","parameters":null}', 'null'],
    ['{"label":"orders"}', 'missing'],
    ['{"label":"orders","parameters":{"tenant":"a","case_id":"CASE-1"},"method":"POST"}', 'unknown'],
    ['{"label":"orders","parameters":{"tenant":"a","case_id":"CASE-1"},"headers":{"Accept":null}}', 'null'],
    [`{"label":"orders","parameters":{"tenant":"${'a'.repeat(40_000)}","case_id":"CASE-1"}}`, 'large'],
    ['{"label":"orders","parameters":{"tenant":{"a":{"b":{"c":{}}}},"case_id":"CASE-1"}}', 'deep'],
  ])('reads its arguments strictly: %.80s', async (args) => {
    const { harpoon } = await rig(template());
    const { readMessage } = await import('../../src-main/json/message.ts');
    const { Cancellation } = await import('../../src-main/base/cancellation.ts');
    const bytes = Buffer.from(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"call_target_template","arguments":${args}}}`,
    );
    const { body } = await harpoon.channel.send({
      bytes,
      message: readMessage(bytes),
      headers: [],
      cancellation: new Cancellation(),
      onNotification: () => undefined,
    });
    expect(body?.toString()).toContain('label unknown: invalid template arguments');
  });

  test.each([
    [{ Authorization: 'x' }, 'header is not allowed by the template'],
    [{ 'X-Other': 'x' }, 'header is not allowed by the template'],
    [{ Accept: 'a\r\nX: y' }, 'invalid header value'],
    [{ accept: 'a', Accept: 'b' }, 'duplicate header name'],
  ])('refuses the headers %j', async (headers, reason) => {
    const { call } = await rig(template());
    const parameters = { tenant: 'a', case_id: 'CASE-1' };
    expect((await call('call_target_template', { label: 'orders', parameters, headers })).text).toBe(
      `label orders: ${reason}`,
    );
  });

  test('is called through call_target too, as newer callers do', async () => {
    const { call } = await rig(template(), { names: { 'cases.example': () => ['127.0.0.1'] } });
    const args = { label: 'orders', operation: 'GET', parameters: { tenant: 'a', case_id: 'CASE-1' } };
    // it gets as far as the address, which is not allowed
    expect((await call('call_target', args)).text).toBe('label orders: address is not allowed for this target');
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    ['config_version: 2', 'config_version: 1', 'templates need config_version: 2'],
    ['method: GET', 'method: DELETE', 'a template makes GET requests'],
    ['https://cases.example', 'http://cases.example', 'it holds only https://'],
    ['https://cases.example', 'https://u:p@cases.example', 'it holds only https://'],
    ['https://cases.example', 'https://cases.example/x', 'it holds only https://'],
    ['/tenants/{tenant}/orders', '/tenants/x-{tenant}/orders', 'a placeholder fills a whole segment'],
    ['/tenants/{tenant}/orders', '/tenants/../{tenant}', 'the segment ".." is not allowed'],
    ['/tenants/{tenant}/orders', '/tenants//{tenant}', 'the segment "" is not allowed'],
    ['/tenants/{tenant}/orders', '/tenants/{other}', 'the parameter other is not declared'],
    ['/tenants/{tenant}/orders', '/tenants', 'it is used neither in the path nor in the query'],
    ["pattern: '^[A-Za-z0-9_-]+$', ", '', 'a pattern or an enum is required'],
    ["'^[A-Za-z0-9_-]+$'", String.raw`'\pL+'`, 'this escape is not supported'],
    ["'^[A-Za-z0-9_-]+$'", "'(?i)a'", 'only (?:…) is supported'],
    ["'^[A-Za-z0-9_-]+$'", "'(a'", 'it is not a regular expression'],
    ['max_length: 64', 'max_length: 257', 'max_length is required, 1 to 256'],
    ['required: true, pattern', 'required: false, pattern', 'only required parameters of the type string'],
    ['[Accept, X-Request-Tag]', '[X-Api-Key]', 'headers that sign in are set by the operator'],
    ['[Accept, X-Request-Tag]', '[X-Forwarded-For]', 'this header may not be set'],
    ['[Accept, X-Request-Tag]', '[X-HTTP-Method-Override]', 'this header may not be set'],
    ['[Accept, X-Request-Tag]', '[authorization]', 'this header stands twice'],
    ['[CASE-1, CASE-2]', '[CASE-1, CASE-1]', 'none stands twice'],
    ['version: 1\n', 'version: 2\n', 'this version of templates is not known'],
  ];
  test.each(mistakes)('with %j as %j is refused at its place: %s', async (from, to, problem) => {
    const text = template().replace(from, to);
    await expect(loadProfileText('profile.yaml', text, {})).rejects.toMatchObject({
      code: 'config_invalid',
      params: { problem: expect.stringContaining(problem) as string, line: expect.any(Number) as number },
    });
  });

  test('never makes a request outside of its definition, whatever it is given', () => {
    const config = profileSchema.shape.harpoon.shape.targets
      .unwrap()
      .element.shape.template.unwrap()
      .parse({
        origin: 'https://cases.example:8443',
        method: 'GET',
        pathTemplate: '/a/{one}/b/{two}',
        query: { q: '{three}', fixed: 'x y&z=1' },
        parameters: Object.fromEntries(
          ['one', 'two', 'three'].map((name) => [
            name,
            { type: 'string', required: true, pattern: '.*', maxLength: 64 },
          ]),
        ),
        headers: {},
      });
    const compiled = new Template(config);
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '.', '%2e%2e', 'a/../b', 'a?b', 'a#b', 'a&b=c', '@x', '\\', 'a b', '~', '-', 'ok'),
    );
    fc.assert(
      fc.property(value, value, value, (one, two, three) => {
        let url: URL;
        try {
          url = compiled.render({ one, two, three });
        } catch {
          return;
        }
        expect(url.origin).toBe('https://cases.example:8443');
        expect(url.pathname.split('/')).toEqual(['', 'a', one, 'b', two]);
        expect([...url.searchParams]).toEqual([
          ['fixed', 'x y&z=1'],
          ['q', three],
        ]);
        expect(url.hash + url.username + url.password).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});
