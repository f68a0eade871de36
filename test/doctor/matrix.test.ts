import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe as group, expect, test } from 'vitest';
import type { ErrorCode, Layer } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';
import type { Profile } from '../../shared/profile.ts';
import type { Subject } from '../../src-main/doctor/check.ts';
import { FakeProxy, type ProxyOptions } from '../fakes/proxy.ts';
import type { Answer } from '../fakes/scripted-server.ts';
import { makeCertificate, type CertificateOptions } from '../support/certificates.ts';
import { cleanUp, deadPort, listen } from '../support/network.ts';
import {
  controlPlane,
  examine,
  file,
  firstWrong,
  folder,
  goodHttpServer,
  httpChannel,
  key,
  mcpServer,
  profileFor,
  setUp,
  stdioChannel,
  stdioServer,
  subjectOf,
  verdictOf,
  type Setting,
} from './harness.ts';

interface Broken {
  /** Where the doctor says to look first. */
  readonly check: string;
  readonly code: ErrorCode;
  readonly layer: Layer;
  /** What its reason has to speak of. */
  readonly says?: RegExp;
  /** What the next step has to speak of. */
  readonly next: RegExp;
  /**
   * What the tray says of such a tunnel. `refused` = it cannot be started at all; `works` = calls get through all the same.
   * Default: the doctor's code.
   */
  readonly attributed?: ErrorCode | 'refused' | 'works';
  /** The tunnel knows it from the first call on. */
  readonly byCall?: true;
  make(): Promise<{ readonly setting?: Setting; readonly profile?: Profile; readonly subject?: Subject }>;
}

const authority = makeCertificate({ commonName: 'Private Root' });
const day = 86_400_000;

async function secureControlPlane(options: Partial<CertificateOptions> = {}) {
  const { cert, key: privateKey } = makeCertificate({
    commonName: 'control plane',
    hosts: ['localhost', '127.0.0.1'],
    issuer: authority,
    ...options,
  });
  return controlPlane({ tls: { cert, key: privateKey } });
}

/** For cases about the control plane: a server that works and costs no process. */
async function withGoodServer(fake: Awaited<ReturnType<typeof controlPlane>> | string, settings: object = {}) {
  const server = await goodHttpServer();
  return { profile: profileFor(fake, { channels: httpChannel(server.endpoint), ...settings }) };
}

const trusted = async () => ({ caBundle: await file(authority.cert) });

const secure = async (certificate: Partial<CertificateOptions> = {}, settings: object = {}) =>
  withGoodServer(await secureControlPlane(certificate), { ...(await trusted()), ...settings });

async function throughProxy(options: ProxyOptions) {
  const proxy = await new FakeProxy(options).start();
  cleanUp(() => proxy.close());
  return secure({}, { httpProxy: proxy.url });
}

async function answering(answer: Answer, poll = answer) {
  const fake = await controlPlane();
  fake.metadata = answer;
  fake.standingPoll = poll;
  return withGoodServer(fake);
}

const refusal = (status: number, code: string): Answer => ({ status, body: JSON.stringify({ error: { code } }) });

const withChannel = async (channels: object[], more: object = {}) => ({
  profile: profileFor(await controlPlane(), { channels, ...more }),
});

async function saved(text: string): Promise<{ setting: Setting; subject: Subject }> {
  const setting = await setUp();
  const profiles = join(setting.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  await writeFile(join(profiles, 'p.yaml'), text);
  const [entry] = await setting.services.store.list();
  if (!entry?.error) throw new Error('it is not broken');
  const { TunnelError } = await import('../../shared/errors.ts');
  const { code, leg, params } = entry.error;
  return { setting, subject: { ...entry, stored: true, error: new TunnelError(code, leg, params) } };
}

/** What a caller and a doctor ask of a server. */
const asked = ['initialize', 'server/discover', 'tools/list'];

const goodId = `tunnel_${'a'.repeat(32)}`;
const good = `config_version: 1\ncontrol_plane:\n  tunnel_id: ${goodId}\n  api_key: env:K\nmcp:\n  server_urls:\n    - url: http://127.0.0.1:1/mcp\n`;

const matrix: Readonly<Record<string, Broken>> = {
  // what is written down
  'a profile that is not YAML': {
    check: 'source',
    code: 'config_unreadable',
    layer: 'app',
    next: /./,
    attributed: 'refused',
    make: () => saved('config_version: 1\ncontrol_plane:\n  tunnel_id: "tunnel\n'),
  },
  'a key of the profile with a slip of the pen': {
    check: 'source',
    code: 'config_invalid',
    layer: 'app',
    next: /./,
    attributed: 'refused',
    make: () => saved(good.replace('tunnel_id:', 'tunel_id:')),
  },
  'a tunnel id that is none': {
    check: 'source',
    code: 'tunnel_id_invalid',
    layer: 'app',
    next: /Copy the id/,
    attributed: 'refused',
    make: () => saved(good.replace(goodId, 'tunnel_1')),
  },
  'a variable that is referred to and not set': {
    check: 'references',
    code: 'secret_env_missing',
    layer: 'app',
    next: /Set it/,
    make: async () => withGoodServer(await controlPlane(), { mcp: { extraHeaders: { 'x-key': 'env:NOT_SET_HERE' } } }),
  },
  'a file that is referred to and cannot be read': {
    check: 'references',
    code: 'secret_file_unreadable',
    layer: 'app',
    next: /file exists/,
    make: async () => {
      const missing = join(await folder(), 'missing');
      return withGoodServer(await controlPlane(), { mcp: { extraHeaders: { 'x-key': `file:${missing}` } } });
    },
  },
  'no key at all': {
    check: 'key',
    code: 'key_missing',
    layer: 'app',
    next: /CONTROL_PLANE_API_KEY/,
    make: async () => withGoodServer(await controlPlane(), { controlPlane: { apiKey: undefined } }),
  },
  'a key in a variable that is not set': {
    check: 'key',
    code: 'secret_env_missing',
    layer: 'app',
    next: /Set it/,
    make: async () => withGoodServer(await controlPlane(), { controlPlane: { apiKey: 'env:NO_SUCH_KEY' } }),
  },
  'a key that is not in the keychain': {
    check: 'key',
    code: 'keychain_missing',
    layer: 'app',
    next: /Enter the secret/,
    make: async () => withGoodServer(await controlPlane(), { controlPlane: { apiKey: 'keychain:p/api_key' } }),
  },
  'an admin key': {
    check: 'key',
    code: 'key_is_admin',
    layer: 'app',
    next: /runtime key/,
    make: async () => withGoodServer(await controlPlane(), { controlPlane: { apiKey: `sk-admin-${'x'.repeat(20)}` } }),
  },
  'a key with a blank in it': {
    check: 'key',
    code: 'config_invalid',
    layer: 'app',
    next: /Correct it/,
    attributed: 'unauthorized',
    make: async () => {
      const { profile } = await answering(refusal(401, 'tunnel_unauthorized'));
      return { profile: { ...profile, controlPlane: { ...profile.controlPlane, apiKey: 'sk one two' } } };
    },
  },
  'an address of the control plane with /v1': {
    check: 'base-url',
    code: 'config_invalid',
    layer: 'app',
    next: /no \/v1/,
    attributed: 'tunnel_not_found',
    make: async () => withGoodServer(`${(await controlPlane()).url}/v1`),
  },
  'a port for the listener that is taken': {
    check: 'listener',
    code: 'port_in_use',
    layer: 'app',
    next: /port 0/,
    attributed: 'works',
    make: async () => {
      const taken = await listen(createServer());
      const { profile } = await withGoodServer(await controlPlane());
      return { subject: subjectOf(profile, { listen: taken.host }) };
    },
  },
  'a CA bundle without a certificate': {
    check: 'route',
    code: 'ca_invalid',
    layer: 'app',
    next: /PEM/,
    attributed: 'refused',
    make: async () => secure({}, { caBundle: await file('no certificate') }),
  },
  'half of a client certificate': {
    check: 'route',
    code: 'client_certificate_invalid',
    layer: 'app',
    next: /private key/,
    attributed: 'refused',
    make: async () => secure({}, { controlPlane: { clientCert: await file(authority.cert) } }),
  },
  'a proxy whose address is none': {
    check: 'route',
    code: 'proxy_invalid',
    layer: 'app',
    next: /http:\/\/host:port/,
    attributed: 'refused',
    make: () => secure({}, { httpProxy: 'gopher://proxy' }),
  },

  // the way
  'a name that does not exist': {
    check: 'dns',
    code: 'dns_failed',
    layer: 'network',
    next: /name/,
    make: () => withGoodServer('https://control-plane.invalid'),
  },
  'a port where nothing listens': {
    check: 'connect',
    code: 'connect_refused',
    layer: 'network',
    next: /correct the address/,
    make: async () => withGoodServer(`http://127.0.0.1:${await deadPort()}`),
  },
  'a certificate of an authority that nobody knows': {
    check: 'tls',
    code: 'tls_untrusted',
    layer: 'network',
    next: /CA bundle/,
    make: async () => withGoodServer(await secureControlPlane()),
  },
  'a certificate for another name': {
    check: 'tls',
    code: 'tls_hostname',
    layer: 'network',
    next: /name that the certificate covers/,
    make: () => secure({ hosts: ['elsewhere.test'] }),
  },
  'a certificate that has expired': {
    check: 'tls',
    code: 'tls_expired',
    layer: 'network',
    next: /renewed/,
    make: () => secure({ notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) }),
  },
  'a certificate that stands on one that has expired': {
    check: 'tls',
    code: 'tls_expired',
    layer: 'network',
    says: /stands on that of Old Intermediate, which was valid until 20/,
    next: /renewed/,
    make: async () => {
      const issuer = makeCertificate({
        commonName: 'Old Intermediate',
        intermediate: true,
        issuer: authority,
        notBefore: new Date(Date.now() - 9 * day),
        notAfter: new Date(Date.now() - day),
      });
      const { cert, key: privateKey } = makeCertificate({ commonName: 'leaf', hosts: ['127.0.0.1'], issuer });
      const fake = await controlPlane({ tls: { cert: cert + issuer.cert, key: privateKey } });
      return withGoodServer(fake, await trusted());
    },
  },
  'a certificate whose issuer is not sent along': {
    check: 'tls',
    code: 'tls_untrusted',
    layer: 'network',
    says: /issued by Middle .* not that of its issuer/,
    next: /certificate of Middle to the CA bundle.*whole chain/,
    make: async () => {
      const issuer = makeCertificate({ commonName: 'Middle', intermediate: true, issuer: authority });
      return secure({ issuer });
    },
  },
  'a certificate that is made for clients': {
    check: 'tls',
    code: 'tls_untrusted',
    layer: 'network',
    says: /not made for servers/,
    next: /server authentication/,
    make: () => secure({ clientOnly: true }),
  },
  'a certificate from the future': {
    check: 'tls',
    code: 'tls_not_yet_valid',
    layer: 'network',
    next: /clock/,
    make: () => secure({ notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 9 * day) }),
  },
  'https to a port that speaks http': {
    check: 'tls',
    code: 'tls_failed',
    layer: 'network',
    next: /speaks TLS/,
    make: async () => {
      const plain = createServer((socket) => {
        socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      });
      return withGoodServer((await listen(plain, 'https')).origin);
    },
  },
  'a proxy that is not there': {
    check: 'proxy',
    code: 'proxy_unreachable',
    layer: 'network',
    next: /proxy address/,
    make: async () => secure({}, { httpProxy: `http://127.0.0.1:${await deadPort()}` }),
  },
  'a proxy that wants a sign-in': {
    check: 'proxy',
    code: 'proxy_auth',
    layer: 'network',
    next: /user and password/,
    make: () => throughProxy({ auth: 'ada:right' }),
  },
  'a proxy that does not let the host through': {
    check: 'proxy',
    code: 'proxy_refused',
    layer: 'network',
    next: /allowed/,
    make: () => throughProxy({ refuse: 403 }),
  },

  // the control plane
  'a port that does not speak HTTP': {
    check: 'control-plane',
    code: 'bad_http',
    layer: 'control-plane',
    next: /port/,
    make: async () => {
      const rude = createServer((socket) => {
        socket.on('error', () => undefined).resume();
        socket.end('SSH-2.0-hello\r\n');
      });
      return withGoodServer((await listen(rude)).origin);
    },
  },
  'a sign-in page in the way': {
    check: 'control-plane',
    code: 'redirected',
    layer: 'network',
    next: /sign-in page/,
    make: () => answering({ status: 302, headers: { location: 'http://login.test/' } }),
  },
  'a sign-in page that answers as if all were well': {
    check: 'control-plane',
    code: 'intercepted',
    layer: 'network',
    next: /sign-in page/,
    make: () => answering({ headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><title>Welcome</title>' }),
  },
  'a filter that blocks with a page': {
    check: 'control-plane',
    code: 'intercepted',
    layer: 'network',
    next: /filter of the network/,
    make: () => answering({ status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Blocked</html>' }),
  },
  'another service that answers everything with JSON of its own': {
    check: 'control-plane',
    code: 'intercepted',
    layer: 'network',
    says: /JSON of another kind/,
    next: /address/,
    make: () => answering({ headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' }),
  },
  'a gateway that answers polls with JSON of its own': {
    check: 'key-use',
    code: 'intercepted',
    layer: 'network',
    says: /JSON of another kind/,
    next: /address/,
    make: async () => {
      const fake = await controlPlane();
      fake.standingPoll = { headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' };
      return withGoodServer(fake);
    },
  },
  'a gateway that forbids in plain text': {
    check: 'control-plane',
    code: 'intercepted',
    layer: 'network',
    says: /answered 403 with plain text, and not as the control plane does/,
    next: /filter of the network/,
    make: () => answering({ status: 403, headers: { 'content-type': 'text/plain' }, body: 'RBAC: access denied' }),
  },
  'a gateway that forbids polls alone, in JSON of its own': {
    check: 'key-use',
    code: 'intercepted',
    layer: 'network',
    says: /answered 403 with JSON of another kind/,
    next: /filter of the network/,
    make: async () => {
      const fake = await controlPlane();
      fake.standingPoll = { status: 403, body: '{"message":"Forbidden"}' };
      return withGoodServer(fake);
    },
  },
  'another web server at the address': {
    check: 'control-plane',
    code: 'intercepted',
    layer: 'network',
    says: /answered 404 with plain text/,
    next: /Check the address/,
    make: () => answering({ status: 404, body: '404 page not found' }),
  },
  'a refusal that gives no reason': {
    check: 'key-read',
    code: 'forbidden',
    layer: 'app',
    says: /key lacks the right, or something in between/,
    next: /right to use this tunnel; .*in between/,
    make: () => answering({ status: 403 }),
  },
  'a control plane that is out of order': {
    check: 'control-plane',
    code: 'control_plane_error',
    layer: 'control-plane',
    next: /status page/,
    make: () => answering({ status: 500 }),
  },
  'a key that is refused': {
    check: 'key-read',
    code: 'unauthorized',
    layer: 'app',
    next: /valid runtime key/,
    make: () => answering({ status: 401 }),
  },
  'a key without the right to the tunnel': {
    check: 'key-read',
    code: 'forbidden',
    layer: 'app',
    next: /Tunnels Use/,
    make: () => answering(refusal(403, 'tunnel_use_forbidden')),
  },
  'a tunnel of an organization that was not named': {
    check: 'key-read',
    code: 'forbidden',
    layer: 'app',
    next: /organization-id/,
    make: () => answering(refusal(403, 'tunnel_active_organization_required')),
  },
  'a tunnel that does not exist': {
    check: 'key-read',
    code: 'tunnel_not_found',
    layer: 'app',
    next: /tunnel id/,
    make: () => answering({ status: 404 }),
  },
  'a control plane that asks to slow down': {
    check: 'key-read',
    code: 'rate_limited',
    layer: 'control-plane',
    next: /by itself/,
    make: () => answering({ status: 429, headers: { 'retry-after': '1' } }),
  },
  'a key that may read and not use': {
    check: 'key-use',
    code: 'forbidden',
    layer: 'app',
    next: /Tunnels Use/,
    make: async () => {
      const fake = await controlPlane();
      fake.standingPoll = refusal(403, 'tunnel_use_forbidden');
      return withGoodServer(fake);
    },
  },
  'a middlebox that takes polls and never answers them': {
    check: 'key-use',
    code: 'timed_out',
    layer: 'network',
    says: /No answer|no answer/,
    next: /gateway or a filter/,
    make: async () => {
      const fake = await controlPlane();
      fake.standingPoll = { after: new Promise(() => undefined) };
      return withGoodServer(fake, { controlPlane: { pollTimeoutMs: 2_000, pollDeadlineGuardrailMs: 500 } });
    },
  },
  'answers to polls that are no commands': {
    check: 'key-use',
    code: 'bad_poll_body',
    layer: 'control-plane',
    next: /proxy changes answers/,
    make: async () => {
      const fake = await controlPlane();
      fake.standingPoll = { headers: { 'content-type': 'application/json' }, body: '[1, 2' };
      return withGoodServer(fake);
    },
  },

  // the server: a command
  'a command that is not installed': {
    check: 'program',
    code: 'command_not_found',
    layer: 'mcp-server',
    next: /Install it/,
    make: () => withChannel(stdioChannel('no-such-program-anywhere --stdio')),
  },
  'a command that is not executable': {
    check: 'program',
    code: 'command_not_executable',
    layer: 'mcp-server',
    next: /executable/,
    make: async () => {
      const script = await file('echo no', 'server.sh');
      await chmod(script, 0o600);
      return withChannel(stdioChannel(script));
    },
  },
  'a command with a quote that is not closed': {
    check: 'program',
    code: 'config_invalid',
    layer: 'app',
    next: /Close the quote/,
    attributed: 'refused',
    make: () => withChannel(stdioChannel("node 'server.mjs")),
  },
  'a folder that is not there': {
    check: 'program',
    code: 'folder_missing',
    layer: 'mcp-server',
    next: /Correct the folder/,
    make: async () => withChannel(stdioChannel(stdioServer('server'), { cwd: join(await folder(), 'gone') })),
  },
  'a server that ends when it starts': {
    check: 'server',
    code: 'server_exited',
    layer: 'mcp-server',
    next: /last wrote/,
    make: () => withChannel(stdioChannel(stdioServer('crash-on-start'))),
  },
  'a server that never answers': {
    check: 'server',
    code: 'timed_out',
    layer: 'mcp-server',
    next: /./,
    byCall: true,
    make: async () => {
      const script = await file('process.stdin.resume();', 's.mjs');
      return {
        setting: await setUp({}, { serverLimitMs: 3_000 }),
        ...(await withChannel(stdioChannel(`${process.execPath} ${script}`))),
      };
    },
  },
  'a server that floods its output with something else': {
    check: 'server',
    code: 'bad_json',
    layer: 'mcp-server',
    says: /it wrote: \uFFFDgarbage\uFFFD\[31m/,
    next: /standard output/,
    attributed: 'timed_out',
    byCall: true,
    make: async () => {
      const script = await file(
        'setInterval(() => process.stdout.write("\\0garbage\\x1b[31m\\n".repeat(500)), 20);',
        's.mjs',
      );
      return withChannel(stdioChannel(`${process.execPath} ${script}`));
    },
  },
  'a server that prints something else': {
    check: 'server',
    code: 'bad_json',
    layer: 'mcp-server',
    next: /standard output/,
    attributed: 'timed_out',
    byCall: true,
    make: async () => {
      // by a shell: what starts slowly has not printed anything at the limit
      const script = await file('while read line; do echo "Listening on port 3000"; done', 'server.sh');
      return {
        setting: await setUp({}, { serverLimitMs: 3_000 }),
        ...(await withChannel(stdioChannel(`sh ${script}`))),
      };
    },
  },

  // the server: a URL
  'a socket that nobody listens at': {
    check: 'url',
    code: 'connect_refused',
    layer: 'mcp-server',
    says: /Unix socket .*left\.sock/,
    next: /program that serves it/,
    make: async () => {
      const path = join(await folder(), 'left.sock');
      // a socket is left behind by whoever is killed
      const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', script]);
      return withChannel([{ kind: 'http', name: 'main', url: 'http://localhost/mcp', unixSocket: path }]);
    },
  },
  'a server that is not running': {
    check: 'url',
    code: 'connect_refused',
    layer: 'mcp-server',
    next: /correct the address/,
    make: async () => withChannel(httpChannel(`http://127.0.0.1:${await deadPort()}/mcp`)),
  },
  'a server whose name does not exist': {
    check: 'url',
    code: 'dns_failed',
    layer: 'mcp-server',
    next: /name/,
    make: () => withChannel(httpChannel('http://server.invalid/mcp')),
  },
  'a server with a private certificate': {
    check: 'url',
    code: 'tls_untrusted',
    layer: 'mcp-server',
    next: /CA bundle/,
    make: async () => {
      const { cert, key: privateKey } = makeCertificate({ commonName: 's', hosts: ['127.0.0.1'], issuer: authority });
      const server = await goodHttpServer({ tls: { cert, key: privateKey } });
      return withChannel(httpChannel(server.endpoint));
    },
  },
  'a server that wants a sign-in': {
    check: 'server',
    code: 'auth_required',
    layer: 'mcp-server',
    next: /OAuth/,
    attributed: 'works',
    make: async () => {
      const server = await mcpServer();
      server.on('initialize', { status: 401, headers: { 'www-authenticate': 'Bearer' } });
      return withChannel(httpChannel(server.endpoint));
    },
  },
  'a server at another path': {
    check: 'server',
    code: 'http_status',
    layer: 'mcp-server',
    next: /path of its URL/,
    byCall: true,
    make: async () => {
      const server = await mcpServer();
      for (const method of asked) server.on(method, { status: 404, body: 'Not found' });
      return withChannel(httpChannel(`${server.url}/wrong`));
    },
  },
  'a server that fails inside': {
    check: 'server',
    code: 'http_status',
    layer: 'mcp-server',
    next: /log of the server/,
    byCall: true,
    make: async () => {
      const server = await mcpServer();
      for (const method of asked) server.on(method, { status: 500, body: 'oops' });
      return withChannel(httpChannel(server.endpoint));
    },
  },
  'a page where a server should be': {
    check: 'server',
    code: 'bad_json',
    layer: 'mcp-server',
    next: /address/,
    byCall: true,
    make: async () => {
      const server = await mcpServer();
      const page = { headers: { 'content-type': 'text/html' }, body: '<html>Hello</html>' };
      for (const method of asked) server.on(method, page);
      return withChannel(httpChannel(server.endpoint));
    },
  },
};

group('doctor and attribution name the layer at fault, and the step that helps', () => {
  test('of at least thirty set-ups that are broken', () => {
    expect(Object.keys(matrix).length).toBeGreaterThanOrEqual(30);
  });

  test.each(Object.entries(matrix))('%s', { timeout: 60_000 }, async (_name, broken) => {
    const made = await broken.make();
    const setting = made.setting ?? (await setUp());
    const subject = made.subject ?? (made.profile && subjectOf(made.profile));
    if (!subject) throw new Error('nothing to look at');
    const run = await examine(setting, subject);
    const wrong = firstWrong(run);
    const evidence = wrong?.evidence.find(({ outcome }) => outcome === 'fail');
    expect({ check: wrong?.id, code: evidence?.error?.code, layer: evidence?.layer }).toEqual({
      check: broken.check,
      code: broken.code,
      layer: broken.layer,
    });
    expect(describe(evidence!.error!).next).toMatch(broken.next);
    if (broken.says) expect(describe(evidence!.error!).cause).toMatch(broken.says);
    expect(JSON.stringify(run)).not.toContain(key);

    if (!subject.profile) return;
    const verdict = verdictOf(setting, subject.profile, broken.byCall || broken.attributed === 'works');
    if (broken.attributed === 'refused') {
      await expect(verdict).rejects.toMatchObject({ code: broken.code });
      return;
    }
    if (broken.attributed === 'works') {
      expect(await verdict).toMatchObject({ reason: 'ok', layer: 'none' });
      return;
    }
    expect(await verdict).toMatchObject({
      reason: broken.byCall ? 'calls-fail' : 'fault',
      layer: broken.layer,
      error: { code: broken.attributed ?? broken.code },
    });
  });
});
