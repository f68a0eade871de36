import { stringify } from 'yaml';
import { TunnelError } from '../../shared/errors.ts';
import { nearest } from '../base/nearest.ts';
import { isReference } from '../settings/rules.ts';

/** What goes into a new profile. */
export interface SampleValues {
  readonly tunnelId: string;
  readonly apiKeyRef: string;
  readonly baseUrl?: string | undefined;
  readonly urlPath?: string | undefined;
  readonly organizationId?: string | undefined;
  readonly serverUrl?: string | undefined;
  readonly command?: string | undefined;
  readonly folder?: string | undefined;
  readonly listenAddress?: string | undefined;
  readonly openBrowser?: boolean | undefined;
}

export interface Sample {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly use: string;
  /** Which server it is for. */
  readonly server: 'url' | 'command' | 'either';
  readonly proxy?: true;
}

export const samples: readonly Sample[] = [
  {
    name: 'sample_mcp_with_dcr',
    aliases: [],
    summary: 'a server with OAuth sign-in, by URL or as a command',
    use: 'The server publishes OAuth metadata; the calling product registers and signs in by itself.',
    server: 'either',
  },
  {
    name: 'sample_mcp_stdio_local',
    aliases: [],
    summary: 'a command on this machine: the shortest way to a tunnel',
    use: 'The server is a program that speaks MCP over standard input and output.',
    server: 'command',
  },
  {
    name: 'sample_mcp_remote_no_auth',
    aliases: ['sample_mcp_http'],
    summary: 'a server at a URL, without sign-in',
    use: 'The server is reachable over HTTP and asks nobody who they are.',
    server: 'url',
  },
  {
    name: 'sample_mcp_enterprise_proxy',
    aliases: [],
    summary: 'behind a company proxy or a private certificate authority',
    use: 'HTTPS_PROXY and ENTERPRISE_CA_BUNDLE say how to get out; remove the line that does not apply.',
    server: 'either',
    proxy: true,
  },
];

export const exampleValues = (sample: Sample): SampleValues => ({
  tunnelId: 'tunnel_0123456789abcdef0123456789abcdef',
  apiKeyRef: 'env:CONTROL_PLANE_API_KEY',
  ...(sample.server === 'command'
    ? { command: 'python /path/to/server.py' }
    : { serverUrl: 'http://127.0.0.1:3001/mcp' }),
});

/** Throws `config_invalid` with the names that there are. */
export function findSample(name: string): Sample {
  const wanted = name.trim();
  const found = samples.find((sample) => sample.name === wanted || sample.aliases.includes(wanted));
  if (found) return found;
  const names = samples.flatMap((sample) => [sample.name, ...sample.aliases]);
  const meant = nearest(wanted, names);
  throw new TunnelError('config_invalid', 'local', {
    field: '--sample',
    file: 'the command line',
    problem: `there is no sample \`${wanted.slice(0, 60)}\``,
    allowed: names.join(', '),
    ...(meant === undefined ? {} : { hint: `Did you mean ${meant}?` }),
  });
}

const wrong = (field: string, problem: string, hint: string): TunnelError =>
  new TunnelError('config_invalid', 'local', { field, file: 'the command line', problem, hint });

const line = (key: string, value: string | undefined, comment = ''): string =>
  value === undefined || value === '' ? '' : `${key}: ${stringify(value, { lineWidth: 0 }).trimEnd()}${comment}\n`;

/** Throws `config_invalid` for a key itself. */
export function checkKeyReference(apiKeyRef: string): void {
  if (isReference(apiKeyRef)) return;
  throw wrong(
    '--control-plane-api-key-ref',
    'it is no reference, and a key is not written into a file',
    'Give env:NAME, file:/path or keychain:….',
  );
}

/** The sections that are of the process, not of the tunnel. */
export const processText = ({
  listenAddress,
  openBrowser,
}: Pick<SampleValues, 'listenAddress' | 'openBrowser'>): string =>
  (listenAddress === undefined ? '' : `health:\n${line('  listen_addr', listenAddress)}`) +
  (openBrowser ? 'admin_ui:\n  open_browser: true\n' : '');

/** The text of a profile, with comments for whoever reads it. Throws `config_invalid` when the server does not fit. */
export function sampleText(sample: Sample, values: SampleValues): string {
  const { tunnelId, apiKeyRef, baseUrl, urlPath, organizationId, serverUrl, command, folder } = values;
  if ((serverUrl === undefined) === (command === undefined)) {
    throw wrong(
      '--mcp-server-url and --mcp-command',
      serverUrl === undefined ? 'none of them is given' : 'both are given',
      'Give exactly one: the URL of the server, or the command that starts it.',
    );
  }
  if (sample.server === 'command' && command === undefined)
    throw wrong('--mcp-server-url', `${sample.name} is for a command`, 'Give --mcp-command, or another --sample.');
  if (sample.server === 'url' && serverUrl === undefined)
    throw wrong('--mcp-command', `${sample.name} is for a URL`, 'Give --mcp-server-url, or another --sample.');
  checkKeyReference(apiKeyRef);
  return [
    `# ${sample.name}: ${sample.summary}.\n# ${sample.use}\nconfig_version: 1\n`,
    ...(sample.proxy
      ? [
          '# All traffic goes out through this proxy.\nhttp_proxy: env:HTTPS_PROXY\n',
          '# Trusted beside the authorities of the system.\nca_bundle: env:ENTERPRISE_CA_BUNDLE\n',
        ]
      : []),
    'control_plane:\n',
    line('  base_url', baseUrl),
    line('  url_path', urlPath),
    line('  tunnel_id', tunnelId),
    line('  organization_id', organizationId),
    '  # A runtime key, never an admin key; as a reference, never the key itself.\n',
    line('  api_key', apiKeyRef),
    'mcp:\n',
    serverUrl === undefined
      ? `  commands:\n    - channel: main\n${line('      command', command)}`
      : `  server_urls:\n    - channel: main\n${line('      url', serverUrl)}`,
    processText(values),
    folder === undefined ? '' : `culvert:\n  channels:\n    main:\n${line('      folder', folder)}`,
  ].join('');
}
