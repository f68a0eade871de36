import type { ChannelConfig } from '../../shared/profile.ts';
import type { PlaceOf } from '../settings/check.ts';
import type { FileConfig } from '../settings/file-schema.ts';
import { checkHeaders } from '../settings/headers.ts';
import type { Path } from '../settings/raw-tree.ts';
import { tidy, variableName, type Rules } from '../settings/rules.ts';

/** The servers and commands of a file, each a channel, with what its `culvert:` section says of them. */
export function channels(config: FileConfig, rules: Rules, placeOf: PlaceOf): ChannelConfig[] {
  const found: ChannelConfig[] = [];
  const own = config.culvert?.channels ?? {};
  const add = (channel: ChannelConfig, path: Path) => {
    if (found.some((other) => other.name === channel.name))
      rules.fail(path, `the channel ${channel.name} is set twice`);
    found.push(channel);
  };
  const extrasOf = (name: string) => Object.entries(own).find(([key]) => key.trim().toLowerCase() === name)?.[1] ?? {};

  (config.mcp?.server_urls ?? []).forEach((entry, index) => {
    const path = ['mcp', 'server_urls', index];
    const name = rules.channel(entry.channel, [...path, 'channel']);
    const extra = extrasOf(name);
    const at = ['culvert', 'channels', name];
    if (extra.env !== undefined || extra.folder !== undefined || extra.stdio_concurrency !== undefined) {
      rules.fail(at, 'env, folder and stdio_concurrency are for commands, and this channel is a server address');
    }
    if (entry.unix_socket !== undefined && entry.http_proxy !== undefined) {
      rules.fail([...path, 'http_proxy'], 'unix_socket and http_proxy cannot be used together');
    }
    const extraHeaders = checkHeaders(extra.extra_headers ?? {}, [...at, 'extra_headers'], placeOf, 'mcp-server');
    add(
      {
        kind: 'http',
        name,
        url: rules.url(entry.url, [...path, 'url']) ?? '',
        ...tidy({
          extraHeaders: Object.keys(extraHeaders).length > 0 ? extraHeaders : undefined,
          unixSocket: rules.text(entry.unix_socket, [...path, 'unix_socket']),
          httpProxy: rules.proxy(entry.http_proxy, [...path, 'http_proxy']),
          ...rules.pair(entry.client_cert, entry.client_key, path),
          caBundle: rules.text(extra.ca_bundle, [...at, 'ca_bundle']),
          clientKeyPassphrase: rules.text(extra.client_key_passphrase, [...at, 'client_key_passphrase']),
        }),
      },
      path,
    );
  });
  (config.mcp?.commands ?? []).forEach((entry, index) => {
    const path = ['mcp', 'commands', index];
    const name = rules.channel(entry.channel, [...path, 'channel']);
    const extra = extrasOf(name);
    const at = ['culvert', 'channels', name];
    if (
      extra.ca_bundle !== undefined ||
      extra.client_key_passphrase !== undefined ||
      extra.extra_headers !== undefined
    ) {
      rules.fail(
        at,
        'ca_bundle, client_key_passphrase and extra_headers are for server addresses, and this channel is a command',
      );
    }
    for (const variable of Object.keys(extra.env ?? {})) {
      if (!variableName.test(variable))
        rules.fail([...at, 'env', variable], 'it is not a name of a variable', 'letters, digits and _');
    }
    add(
      {
        kind: 'stdio',
        name,
        command: commandText(rules, entry.command, [...path, 'command']),
        env: { ...extra.env },
        ...tidy({ cwd: rules.text(extra.folder, [...at, 'folder']) }),
        concurrency: extra.stdio_concurrency ?? 'parallel',
      },
      path,
    );
  });
  for (const name of Object.keys(own)) {
    if (!found.some((channel) => channel.name === name.trim().toLowerCase())) {
      rules.fail(['culvert', 'channels', name], 'there is no server or command for this channel');
    }
  }
  return found;
}

function commandText(rules: Rules, value: string, path: Path): string {
  const text = value.trim();
  if (text === '') rules.fail(path, 'the command is empty');
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '\\' && quote !== "'") {
      if (++i >= text.length) rules.fail(path, 'the command ends with a lone \\');
    } else if (quote === '') {
      if (char === '"' || char === "'") quote = char;
    } else if (char === quote) quote = '';
  }
  if (quote !== '') rules.fail(path, `a quote (${quote}) of the command is not closed`);
  return text;
}
