import fc from 'fast-check';
import { expect, test } from 'vitest';
import { profileSchema, type ChannelConfig, type Profile } from '../../shared/profile.ts';
import { exportToReference } from '../../src-main/profiles/export/export.ts';
import { checkText, newProfileText, readProfile, renderText } from '../../src-main/profiles/forms/profile-text.ts';
import { parseProfileFile } from '../../src-main/profiles/source.ts';

/** Text as people and programs may write it: with what YAML could take for something else. */
const words = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.constantFrom(
      'null',
      '~',
      'true',
      'no',
      '1',
      '0x1F',
      '1e3',
      '.5',
      '-',
      '- a',
      '#x',
      'a: b',
      '"',
      "'",
      '{a}',
      '[a]',
      '&a',
      '*a',
      '!a',
      '%',
      '@',
      '`',
      '? a',
      '|',
      '>',
      '2020-01-01',
      '<<',
      '=',
      'é',
      '日本',
      '🚇',
    ),
  )
  .map((text) => text.replace(/[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\ufeff]/gu, '').trim())
  .filter((text) => text !== '' && !/^(?:env|file|keychain):/i.test(text));
const secret = fc.oneof(words, fc.constantFrom('env:A_KEY', 'file:/run/key', 'keychain:id/api_key'));
const path = words.map((text) => `/p/${text}`);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const ms = fc.integer({ min: 1, max: 5_000_000 });
const headerName = fc.constantFrom('X-A', 'X-Debug-Mode', 'Cookie', "X!#$%&'*+.^_`|~9");
const headers = fc.dictionary(headerName, secret, { maxKeys: 3 });
const channelName = fc.constantFrom('a', 'tools', 'x_y-z', '9', 'null', 'true', 'no', '1e3');
const optional = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
const proxy = fc.constantFrom('http://proxy:3128', 'https://u:p@proxy', 'env:PROXY', 'keychain:id/http_proxy');

const http = fc
  .record({
    url: fc.constantFrom('http://localhost:8080/mcp', 'https://h.example/mcp?a=b#c', 'env:MCP_URL'),
    unixSocket: maybe(path),
    caBundle: maybe(path),
    extraHeaders: maybe(fc.dictionary(fc.constantFrom('X-A', 'Authorization'), secret, { minKeys: 1, maxKeys: 2 })),
    cert: fc.boolean(),
  })
  .map(({ cert, ...rest }) =>
    optional({ kind: 'http' as const, ...rest, ...(cert ? { clientCert: '/c', clientKey: '/k' } : {}) }),
  );
const stdio = fc
  .record({
    command: fc.constantFrom(
      'node server.js',
      'sh -c "a; b, c"',
      "x 'y z' \\ w",
      'npx -y @scope/pkg # no comment',
      'channel=a',
    ),
    cwd: maybe(path),
    env: fc.dictionary(fc.constantFrom('A', 'B_2'), secret, { maxKeys: 2 }),
    concurrency: fc.constantFrom('parallel' as const, 'serial' as const),
  })
  .map((channel) => optional({ kind: 'stdio' as const, ...channel }));

const channels: fc.Arbitrary<ChannelConfig[]> = fc
  .tuple(
    fc.oneof(http, stdio),
    fc.uniqueArray(fc.tuple(channelName, fc.oneof(http, stdio)), { selector: ([name]) => name, maxLength: 4 }),
  )
  .map(
    ([main, rest]) =>
      [{ ...main, name: 'main' }, ...rest.map(([name, channel]) => ({ ...channel, name }))] as ChannelConfig[],
  )
  .map((all) => [...all.filter(({ kind }) => kind === 'http'), ...all.filter(({ kind }) => kind === 'stdio')]);

const profiles: fc.Arbitrary<Profile> = fc
  .record({
    controlPlane: fc.record({
      baseUrl: fc.constantFrom('https://api.openai.com', 'http://127.0.0.1:8788'),
      urlPath: fc.constantFrom('', '/a/b'),
      apiKey: maybe(secret),
      organizationId: maybe(words),
      extraHeaders: headers,
      pollTimeoutMs: fc.integer({ min: 1, max: 500_000 }),
      pollIntervalMs: fc.integer({ min: 0, max: 60_000 }),
      maxInflight: fc.integer({ min: 1, max: 10_000 }),
      maxPolls: fc.integer({ min: 1, max: 64 }),
      httpProxy: maybe(proxy),
      clientKeyPassphrase: maybe(secret),
      unixSocket: maybe(path),
    }),
    channels,
    mcp: fc.record({
      httpProxy: maybe(proxy),
      caBundle: maybe(path),
      extraHeaders: headers,
      discoveryExtraHeaders: headers,
      startupWaitMs: ms,
      connectionMaxTtlMs: ms,
      maxConcurrentRequests: fc.integer({ min: 1, max: 99 }),
      stdioSendInitialized: maybe(fc.boolean()),
    }),
    harpoon: fc.record({
      targets: fc.uniqueArray(
        fc
          .record({
            label: fc.constantFrom('auth', 'no', '1e3', 'a-b'),
            url: fc.constant('https://t/x'),
            description: maybe(words),
            allowedMethods: maybe(fc.constant(['GET', 'POST'])),
            timeoutMs: maybe(ms),
          })
          .map(optional),
        { selector: ({ label }) => label, maxLength: 3 },
      ),
      allowPlaintextHttp: fc.boolean(),
      maxRedirects: fc.integer({ min: 0, max: 5 }),
      hostsIncludeSuffix: fc.array(words, { maxLength: 2 }),
      hostsIncludePrivate: fc.boolean(),
    }),
    httpProxy: maybe(proxy),
    caBundle: maybe(path),
    noProxy: maybe(fc.array(words, { minLength: 1, maxLength: 2 })),
    startWithApp: fc.boolean(),
    capture: fc.record({ bodies: fc.boolean(), maxBodyBytes: fc.integer({ min: 0, max: 9_999_999 }) }),
  })
  .map((value) =>
    profileSchema.parse({
      ...optional(value),
      id: 'profile-id',
      name: 'p',
      controlPlane: { ...optional(value.controlPlane), tunnelId: 'tunnel_0123456789abcdef0123456789abcdef' },
      mcp: optional(value.mcp),
    }),
  );

const read = (text: string, file = '/x/p.yaml') => readProfile(parseProfileFile(file, text));

test('a profile that is written reads back as it was', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      expect(read(newProfileText(profile))).toEqual(profile);
    }),
    { numRuns: 100 },
  );
});

test('any change of a profile, written into its file, reads back as that change', () => {
  fc.assert(
    fc.property(profiles, profiles, (before, after) => {
      const text = newProfileText(before);
      expect(read(renderText('/x/p.yaml', text, after))).toEqual(after);
    }),
    { numRuns: 100 },
  );
});

test('nothing changes in a file when nothing changes in the profile', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const text = newProfileText(profile).replace('control_plane:', '# mine\ncontrol_plane: # here');
      expect(renderText('/x/p.yaml', text, read(text))).toBe(text);
    }),
  );
});

test('an exported profile has nothing of Culvert’s and reads back as the rest', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const { text, dropped } = exportToReference(profile);
      expect(text).not.toMatch(/^culvert:/m);
      expect(text).not.toContain('keychain:');
      const parsed = parseProfileFile('/x/p.yaml', text);
      const back = readProfile(parsed);
      expect(parsed.form).toBe('reference');
      expect(back.channels.map(({ name, kind }) => [name, kind])).toEqual(
        profile.channels.map(({ name, kind }) => [name, kind]),
      );
      expect(dropped.length > 0).toBe(
        JSON.stringify({ ...back, id: profile.id, name: profile.name }) !== JSON.stringify(profile) ||
          dropped.length > 0,
      );
    }),
  );
});

test('the headers of the only server are exported as those of all servers, and of several they are left out', () => {
  const server = (name: string) => ({ kind: 'http', name, url: 'https://h/mcp', extraHeaders: { 'X-A': name } });
  const exported = (channels: unknown[], extraHeaders = {}) =>
    exportToReference(
      profileSchema.parse({
        id: 'i',
        name: 'p',
        controlPlane: { tunnelId: `tunnel_${'0'.repeat(32)}` },
        channels,
        mcp: { extraHeaders },
        harpoon: {},
        capture: {},
      }),
    );
  expect(exported([server('main')])).toMatchObject({
    dropped: [],
    text: expect.stringContaining('X-A: main') as string,
  });
  const shared = { 'x-a': 'of all' };
  expect(exported([server('main')], shared).text).not.toContain('of all');
  expect(exported([server('main'), server('b')]).dropped).toEqual([
    'culvert.channels.main.extra_headers.X-A',
    'culvert.channels.b.extra_headers.X-A',
  ]);
});

test('no text makes the reader fail other than with a place and a reason', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()),
      fc.constantFrom('/x/p.yaml', '/x/p.json'),
      (text, file) => {
        const { profile, problems } = checkText(file, text);
        expect(profile === undefined).toBe(problems.length > 0);
        for (const problem of problems) expect(problem.line).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a broken file of the right shape is told with its place, whatever was broken', () => {
  fc.assert(
    fc.property(
      profiles,
      fc.nat(),
      fc.constantFrom('', '\t', ':', '- ', '"', '[', '{', '&', '*', '\n', '  ', '%', 'x'),
      (profile, at, junk) => {
        const text = newProfileText(profile);
        const place = at % text.length;
        const { problems } = checkText('/x/p.yaml', text.slice(0, place) + junk + text.slice(place + 1));
        for (const { line, error } of problems) {
          expect(line).toBeGreaterThan(0);
          expect(error.code).not.toBe('internal');
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('comments, order and what Culvert does not edit survive an edit in place', () => {
  const text = `# header
mcp:
  commands:
    # the tools
    - channel: tools # here
      command: node tools.js
    - command: node main.js   # main
log: {level: debug} # kept
control_plane:
  tunnel_id: tunnel_0123456789abcdef0123456789abcdef
  poll_timeout: 20000ms # long
`;
  const profile = read(text);
  const changed: Profile = {
    ...profile,
    controlPlane: { ...profile.controlPlane, maxInflight: 30 },
    channels: profile.channels.map((channel) =>
      channel.kind === 'stdio' && channel.name === 'tools' ? { ...channel, command: 'node other.js' } : channel,
    ),
  };
  expect(renderText('/x/p.yaml', text, changed)).toBe(
    text
      .replace('node tools.js', 'node other.js')
      .replace('# long\n', '# long\n  max_inflight_requests: 30\n')
      .replace('main.js   # main', 'main.js # main'),
  );
});

test('a setting that a file’s form has no place for is refused, and the rest is edited in place', () => {
  const yaml = 'control_plane: {tunnel_id: tunnel_0123456789abcdef0123456789abcdef}\nmcp: {commands: [{command: x}]}\n';
  const own = { ...read(yaml), startWithApp: true };
  expect(() => renderText('/x/p.yaml', yaml, own)).toThrow(
    expect.objectContaining({
      code: 'profile_form',
      params: { field: 'culvert.start_with_app', form: 'the reference client’s YAML' },
    }),
  );
  const json = JSON.stringify({
    tunnel_id: 'tunnel_0123456789abcdef0123456789abcdef',
    mcp_server_url: 'http://a/mcp',
    proxy: { https_proxy: 'http://p:1', no_proxy: ['x'] },
  });
  const profile = read(json, '/x/p.json');
  const renamed = renderText('/x/p.json', json, {
    ...profile,
    noProxy: ['y'],
    httpProxy: 'http://q:2',
    controlPlane: { ...profile.controlPlane, pollIntervalMs: 1500 },
  });
  expect(JSON.parse(renamed)).toEqual({
    tunnel_id: profile.controlPlane.tunnelId,
    mcp_server_url: 'http://a/mcp',
    proxy: { https_proxy: 'http://q:2', no_proxy: ['y'] },
    poll_interval_ms: 1500,
  });
  expect(() =>
    renderText('/x/p.json', json, { ...profile, mcp: { ...profile.mcp, maxConcurrentRequests: 3 } }),
  ).toThrow(expect.objectContaining({ code: 'profile_form' }));
});

test('a secret of the keychain has its place in a profile of Culvert, and is not written where the reference client reads', () => {
  const theirs =
    'control_plane: {tunnel_id: tunnel_0123456789abcdef0123456789abcdef, api_key: env:K}\nmcp: {commands: [{command: x}]}\n';
  const plain = read(theirs);
  const wanted = { ...plain, controlPlane: { ...plain.controlPlane, apiKey: 'keychain:abc/api_key' } };
  expect(renderText('/x/p.yaml', `${theirs}culvert: {id: abc}\n`, wanted)).toContain('api_key: keychain:abc/api_key');
  expect(() => renderText('/x/p.yaml', theirs, wanted)).toThrow(
    expect.objectContaining({
      code: 'profile_form',
      params: expect.objectContaining({ field: 'control_plane.api_key' }) as object,
    }),
  );
});

test('a SOCKS5 proxy has its place in a profile of Culvert, and the reference client, which refuses it, is not given it', () => {
  const yaml = 'control_plane: {tunnel_id: tunnel_0123456789abcdef0123456789abcdef}\nmcp: {commands: [{command: x}]}\n';
  const plain = read(yaml);
  const wanted = { ...plain, httpProxy: 'socks5://user:secret@proxy:1080' };
  const own = `${yaml}culvert: {id: abc}\n`;
  expect(renderText('/x/p.yaml', own, wanted)).toContain('http_proxy: socks5://user:secret@proxy:1080');
  expect(() => renderText('/x/p.yaml', yaml, wanted)).toThrow(
    expect.objectContaining({
      code: 'profile_form',
      params: expect.objectContaining({ field: 'http_proxy' }) as object,
    }),
  );
  const { text, dropped } = exportToReference({
    ...plain,
    mcp: { ...plain.mcp, httpProxy: 'socks5://user:secret@proxy' },
  });
  expect(text).not.toContain('socks5');
  expect(dropped).toEqual(['mcp.http_proxy: tunnel-client knows no SOCKS proxy']);
});
