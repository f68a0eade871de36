import type { Evidence } from './evidence.ts';
import { describe } from './messages.ts';

type Facts = Evidence['facts'];

const text = (facts: Facts, name: string): string | undefined => {
  const value = facts[name];
  return value === undefined ? undefined : Array.isArray(value) ? value.join(', ') : String(value);
};

const list = (facts: Facts, name: string): readonly string[] => {
  const value = facts[name];
  return Array.isArray(value) ? value : [];
};

function and(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

function tools(facts: Facts): string {
  const names = list(facts, 'tools');
  const count = Number(facts['count'] ?? names.length);
  const most = count > 3 ? names.slice(0, 2) : names;
  const rest = count - most.length;
  const said = rest > 0 ? and([...most, `${rest} more`]) : and(most);
  return `Lists ${count} ${count === 1 ? 'tool' : 'tools'}${said === '' ? '' : `: ${said}`}`;
}

function handshake(facts: Facts): string {
  const name = [text(facts, 'name'), text(facts, 'version')].filter((part) => part !== undefined).join(' ');
  const versions = and(list(facts, 'protocolVersions'));
  const speaks = versions === '' ? 'Speaks MCP' : `Speaks MCP ${versions}`;
  return name === '' ? speaks : `${speaks}, calls itself ${name}`;
}

function way(facts: Facts): string {
  const mode = text(facts, 'mode');
  const via = text(facts, 'via') ?? '';
  if (mode === 'unix') return `through the socket ${via}`;
  const source = text(facts, 'source');
  return mode === 'proxy'
    ? `through the proxy ${via}${source === undefined ? '' : `, which ${source} names`}`
    : 'directly';
}

function routeOpen(facts: Facts): string {
  const opens = `A connection to ${text(facts, 'target') ?? 'the address'} opens ${way(facts)}`;
  const subject = text(facts, 'subject');
  const until = text(facts, 'notAfter');
  return subject === undefined
    ? opens
    : `${opens}; the certificate of ${subject} is trusted${until === undefined ? '' : `, valid until ${until}`}`;
}

const said = (facts: Facts, name: string): string => text(facts, name) ?? '';

/** The certificates above the other end's own, nearest first, without their dates. */
const issuers = (facts: Facts): string =>
  list(facts, 'chain')
    .slice(1)
    .map((one) => one.replace(/ until .*/, ''))
    .join(', then ');

function handshakeOf(facts: Facts, subject: string): string {
  const days = text(facts, 'daysLeft');
  const until = text(facts, 'notAfter');
  const above = issuers(facts);
  return [
    `The certificate of ${subject} is trusted`,
    days !== undefined ? `, for ${days} more days` : until === undefined ? '' : `, valid until ${until}`,
    above === '' ? '' : `; issued by ${above}`,
  ].join('');
}

/** What each step proves when it passes, in the past or present, never what was attempted. */
const passed: Readonly<Record<string, (facts: Facts) => string>> = {
  'program.resolved': (facts) =>
    `Found the program${text(facts, 'program') ? `: ${text(facts, 'program') ?? ''}` : ''}`,
  'server.started': (facts) => `Started${text(facts, 'pid') ? `, process ${text(facts, 'pid') ?? ''}` : ''}`,
  'server.reached': (facts) => `Answers at ${text(facts, 'url') ?? text(facts, 'address') ?? 'its address'}`,
  'server.handshake': handshake,
  'server.tools': tools,
  'control-plane.dns': (facts) => `${text(facts, 'host') ?? 'The control plane'} is ${and(list(facts, 'addresses'))}`,
  'control-plane.connect': () => 'A connection to the control plane opens',
  'control-plane.tls': (facts) => handshakeOf(facts, text(facts, 'subject') ?? 'the control plane'),
  'way.name': (facts) => `${said(facts, 'host')} is ${and(list(facts, 'addresses'))}`,
  'way.connect': (facts) => `${said(facts, 'address')} takes the connection`,
  'way.socket': (facts) => `The socket ${said(facts, 'path')} takes the connection`,
  'way.proxy-name': (facts) => `The proxy ${said(facts, 'host')} is ${and(list(facts, 'addresses'))}`,
  'way.proxy-connect': (facts) => `The proxy at ${said(facts, 'address')} takes the connection`,
  'way.proxy-tls': (facts) => handshakeOf(facts, `the proxy ${said(facts, 'subject')}`),
  'way.proxy-consent': (facts) => `The proxy leads on to ${said(facts, 'target')}`,
  'way.tls': (facts) => handshakeOf(facts, text(facts, 'subject') ?? 'the other end'),
  'control-plane.reached': () => 'The control plane answers',
  'control-plane.metadata': (facts) =>
    `The key may read this tunnel${text(facts, 'name') ? `, which is named ${text(facts, 'name') ?? ''}` : ''}`,
  'key.read': (facts) =>
    `The key may read this tunnel${text(facts, 'name') ? `, which is named ${text(facts, 'name') ?? ''}` : ''}`,
  'key.use': (facts) =>
    text(facts, 'from') === undefined
      ? 'The key may use this tunnel, verified by a real poll'
      : `The key may use this tunnel, verified by ${text(facts, 'from') ?? ''}${
          text(facts, 'lastPollAt') === undefined ? '' : `, last good poll at ${text(facts, 'lastPollAt') ?? ''}`
        }`,
  'config.parsed': (facts) => `Read from ${text(facts, 'source') ?? 'its file'}`,
  'reference.resolved': (facts) =>
    text(facts, 'setting') === undefined
      ? 'Nothing but the runtime key is referred to'
      : `${text(facts, 'setting') ?? ''} has a value`,
  'key.kind': (facts) => `It is a runtime key, from ${text(facts, 'from') ?? 'the profile'}`,
  'base-url': (facts) => text(facts, 'address') ?? 'It is a host root',
  listener: (facts) => `Free: ${text(facts, 'address') ?? 'the address'}`,
  instance: () => 'No other process runs it',
  'route.control-plane': routeOpen,
  'route.mcp': routeOpen,
  'route.settings': (facts) =>
    text(facts, 'mode') === 'proxy'
      ? `Through the proxy ${text(facts, 'via') ?? ''}, which ${text(facts, 'source') ?? 'a setting'} names`
      : text(facts, 'mode') === 'unix'
        ? `Through the socket ${text(facts, 'via') ?? ''}`
        : 'Direct, without a proxy',
  proxy: (facts) => `${text(facts, 'via') ?? 'The proxy'} lets the connection through`,
  'clock.offset': (facts) => `Right to ${Math.ceil(Math.abs(Number(facts['offsetMs'] ?? 0)) / 1000)} s`,
  'wire.version': (facts) => `The poll was accepted with ${text(facts, 'version') ?? 'this version'}`,
  'server.answers': () => 'The running server answers',
  disk: (facts) => `${(Number(facts['freeMiB'] ?? 0) / 1024).toFixed(1)} GiB are free`,
  'keychain.round-trip': () => 'A value was kept, read and removed',
  orphans: () => 'None',
  tray: () => 'The icon is shown',
  autostart: (facts) => `${text(facts, 'place') ?? 'The system'} starts this very app`,
};

const inCapitals: Readonly<Record<string, string>> = { url: 'URL', id: 'id', dns: 'DNS', tls: 'TLS', mcp: 'MCP' };

const readable = (name: string): string => {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, (_all, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll(/[._-]+/g, ' ')
    .trim()
    .split(' ')
    .map((word) => inCapitals[word] ?? word)
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What a fact is called, where its own name does not tell. */
const factNames: Readonly<Record<string, string>> = {
  answered: 'The control plane’s last words',
  args: 'Arguments',
  at: 'Time',
  chain: 'Certificates',
  count: 'How many',
  daysLeft: 'Days left',
  env: 'Variables',
  freeMiB: 'Free space in MiB',
  host: 'Host name',
  lastPollAt: 'Last good poll',
  mode: 'Way',
  notAfter: 'Valid until',
  offsetMs: 'Difference in ms',
  path: 'Socket',
  pid: 'Process id',
  processes: 'Process ids',
  program: 'Program',
  protocolVersions: 'MCP versions',
  subject: 'Certificate of',
  tunnelId: 'Tunnel id',
  version: 'Version',
  via: 'Through',
};

/** A fact of some evidence as people call it. */
export const factName = (name: string): string => factNames[name] ?? readable(name);

/** Facts that stand in the sentence already. */
export const saidFacts: ReadonlySet<string> = new Set(['summary', 'reason', 'waitsFor']);

export interface EvidenceWords {
  /** What was proved, what failed, or what is doubtful and what to do. */
  readonly what: string;
  /** Why, and what to do, when it failed. */
  readonly more?: string;
}

/** A step of a probe in words, for wizard, doctor and command line. */
export function describeEvidence({ step, outcome, facts, error }: Evidence): EvidenceWords {
  if (error) {
    const { title, cause, next } = describe(error);
    return { what: title, more: `${cause} ${next}` };
  }
  const say = Object.hasOwn(passed, step) ? passed[step] : undefined;
  if (say && outcome === 'pass') return { what: say(facts) };
  const known = text(facts, 'summary') ?? text(facts, 'reason');
  if (known !== undefined) return { what: known };
  const [first] = Object.keys(facts);
  const fact = first === undefined ? undefined : text(facts, first);
  return { what: fact === undefined ? readable(step) : `${readable(step)}: ${fact}` };
}
