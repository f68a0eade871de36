import { randomUUID } from 'node:crypto';
import { TunnelError } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import { profileSchema } from '../../shared/profile.ts';
import { tunnelIdPattern } from '../../shared/tunnel.ts';
import { profileNameOf, secretsOf } from '../imports/candidates.ts';
import { findServers, type FoundServer } from '../imports/found-servers.ts';
import { createKeychain } from '../secrets/keychain.ts';
import { keychainRef } from '../secrets/secret-store.ts';
import { exitCodes } from './exit.ts';
import { storeFor, type InitValues } from './init.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const channel = 'main';

/** `culvert profiles import` without a name: what there is. */
export async function listServers(json: boolean): Promise<number> {
  const { servers, problems } = await findServers({ env: process.env });
  if (json) {
    const found = servers.map(({ candidate }) => candidate);
    say(JSON.stringify({ servers: found, problems: problems.map((problem) => problem.toJSON()) }, null, 2));
    return exitCodes.done;
  }
  if (servers.length === 0) say('No MCP server of another client was found on this machine.');
  for (const { candidate } of servers) {
    say(`${candidate.name}  (${candidate.source}, ${candidate.file})\n    ${candidate.target}`);
    for (const what of candidate.dropped ?? []) say(`    not carried over: ${what}`);
  }
  for (const problem of problems) process.stderr.write(`${sentence(problem)}\n`);
  return exitCodes.done;
}

/** `culvert profiles import NAME`: the server that is called so, in whichever client. */
export async function importByName(name: string, source: string | undefined, values: InitValues): Promise<number> {
  const { servers } = await findServers({ env: process.env });
  const named = servers.filter(({ candidate }) => candidate.name === name || candidate.id === name);
  const fitting = source === undefined ? named : named.filter(({ candidate }) => candidate.source === source);
  const [server] = fitting;
  if (!server || fitting.length > 1) {
    throw new TunnelError('config_invalid', 'local', {
      field: 'The server',
      file: 'the command line',
      problem: server ? `several clients have one called ${name}` : `no client has one called ${name}`,
      ...(server
        ? { allowed: fitting.map(({ candidate }) => `--from ${candidate.source}, or ${candidate.id}`).join('; ') }
        : {}),
      hint: 'List them with `culvert profiles import`.',
    });
  }
  await importServer(server, values);
  return exitCodes.done;
}

/** Makes a profile of a server that was found: its secrets go to the keychain, and only references into the file. */
export async function importServer(found: FoundServer, values: InitValues): Promise<void> {
  const { server, candidate, dropped } = found;
  const { tunnelId = '', profile: name = profileNameOf(candidate.name) } = values;
  if (!tunnelIdPattern.test(tunnelId)) {
    throw new TunnelError('tunnel_id_invalid', 'control-plane', {
      field: '--tunnel-id',
      problem: tunnelId === '' ? 'none was given' : 'this is none',
    });
  }
  const id = values.id ?? randomUUID();
  const secrets = secretsOf(found, channel);
  const entries = server.kind === 'stdio' ? server.env : server.headers;
  const slot = (of: string): string => (server.kind === 'stdio' ? `env.${channel}.${of}` : `mcp.header.${of}`);
  const references = Object.fromEntries(
    entries.map((entry) => [entry.name, entry.kind === 'secret' ? keychainRef(id, slot(entry.name)) : entry.value]),
  );
  const profile = profileSchema.parse({
    id,
    name,
    controlPlane: {
      tunnelId,
      apiKey: values.controlPlaneApiKeyRef ?? 'env:CONTROL_PLANE_API_KEY',
      baseUrl: values.controlPlaneBaseUrl ?? values.controlPlaneUrl,
      organizationId: values.organizationId,
    },
    channels: [
      server.kind === 'stdio'
        ? { kind: 'stdio', name: channel, command: server.command, cwd: server.cwd, env: references }
        : { kind: 'http', name: channel, url: server.url },
    ],
    mcp: { extraHeaders: server.kind === 'http' ? references : {} },
    harpoon: {},
    capture: {},
  });
  const store = storeFor(values.profileDir);
  if (secrets.size > 0) {
    const keychain = createKeychain();
    for (const [where, value] of secrets) await keychain.set(`${id}/${where}`, value);
    say(`${secrets.size} secret ${secrets.size === 1 ? 'value is' : 'values are'} in the keychain now.`);
  }
  await store.create(name, profile, id);
  for (const what of dropped) say(`Not carried over: ${what}`);
  say(
    `Written: profile ${name}, for ${candidate.name} of ${candidate.source}. Prove it with: culvert doctor --profile ${name}`,
  );
}
