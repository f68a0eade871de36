import { BlockList, isIP } from 'node:net';
import { isLoopbackName } from '../base/loopback.ts';
import { TunnelError, type Leg } from '../../shared/errors.ts';
import { hostPort } from './errors.ts';

/** A proxy, ready to be dialled. Credentials are only in `authorization`. */
export interface Proxy {
  readonly kind: 'http' | 'socks5';
  /** TLS to the proxy itself. */
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`. */
  readonly authorization?: string;
  /** User and password, for SOCKS5, which has its own way to send them. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** `scheme://host:port`: what people see. */
  readonly label: string;
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'socks5:': 1080, 'socks:': 1080 };

/**
 * Reads `http://user:password@host:port`, `https://…`, `socks5://…` or `host:port`. Throws `proxy_invalid`, which never
 * holds the address itself: it may carry a password.
 */
export function parseProxy(text: string, leg: Leg, setting: string): Proxy {
  const raw = text.trim();
  const invalid = (detail: string): TunnelError => new TunnelError('proxy_invalid', leg, { field: setting, detail });
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(raw) ? raw : `http://${raw}`);
  } catch {
    throw invalid('not a URL');
  }
  const defaultPort = defaultPorts[url.protocol];
  if (defaultPort === undefined) throw invalid(`unknown scheme ${url.protocol.slice(0, -1)}`);
  if (url.hostname === '') throw invalid('no host');
  const kind = url.protocol.startsWith('socks') ? 'socks5' : 'http';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? defaultPort : Number(url.port);
  const username = decode(url.username);
  const password = decode(url.password);
  const signedIn = username !== '' || password !== '';
  return {
    kind,
    secure: url.protocol === 'https:',
    host,
    port,
    ...(signedIn && kind === 'http' && { authorization: basic(username, password) }),
    ...(signedIn && kind === 'socks5' && { credentials: { username, password } }),
    label: `${url.protocol}//${hostPort(host, port)}`,
  };
}

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for `url`, with the variable it came from; undefined = none. As the reference:
 * upper case first, `HTTP_PROXY` also serves https when `HTTPS_PROXY` is unset, and NO_PROXY (hosts, `.suffix`, ports,
 * CIDR, `*`) wins over both. Loopback is direct: what runs on this machine is nothing that another one can lead to.
 */
export function proxyFromEnvironment(url: URL, env: Environment): { text: string; variable: string } | undefined {
  const names = ['HTTP_PROXY', 'http_proxy'];
  if (url.protocol === 'https:') names.unshift('HTTPS_PROXY', 'https_proxy');
  const variable = names.find((name) => (env[name] ?? '').trim() !== '');
  if (variable === undefined || isLoopbackName(url.hostname)) return undefined;
  const noProxy = [env['NO_PROXY'], env['no_proxy']].find((value) => (value ?? '').trim() !== '');
  if (noProxy !== undefined && isBypassed(url, noProxy)) return undefined;
  return { text: (env[variable] ?? '').trim(), variable };
}

/** The first way that a PAC file's answer (`PROXY h:1; HTTPS h:2; SOCKS5 h:3; DIRECT`) offers; undefined = no proxy. */
export function proxyFromPac(answer: string): string | undefined {
  const [kind = '', place = ''] = (answer.split(';')[0] ?? '').trim().split(/\s+/);
  const scheme = { PROXY: 'http', HTTP: 'http', HTTPS: 'https', SOCKS: 'socks5', SOCKS5: 'socks5' }[kind.toUpperCase()];
  return scheme === undefined || place === '' ? undefined : `${scheme}://${place}`;
}

/** Whether `NO_PROXY` takes `url` out. Entries are separated by commas or spaces. */
export function isBypassed(url: URL, noProxy: string): boolean {
  const host = url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const { name, wanted } = splitPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name) !== 0) return isIP(host) !== 0 && sameAddress(name, host);
  const suffix = name.replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function splitPort(entry: string): { name: string; wanted: string | undefined } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return { name: bracketed[1] ?? '', wanted: bracketed[2] };
  if (isIP(entry) === 6) return { name: entry, wanted: undefined };
  const colon = entry.lastIndexOf(':');
  return colon === -1
    ? { name: entry, wanted: undefined }
    : { name: entry.slice(0, colon), wanted: entry.slice(colon + 1) };
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function sameAddress(a: string, b: string): boolean {
  const list = new BlockList();
  list.addAddress(a, family(a));
  return list.check(b, family(b));
}

function inRange(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const prefix = Number(bits);
  if (isIP(host) === 0 || isIP(network) === 0 || bits === '' || !Number.isInteger(prefix)) return false;
  if (prefix < 0 || prefix > (isIP(network) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family(network));
  return list.check(host, family(host));
}
