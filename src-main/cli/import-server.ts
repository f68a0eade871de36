import { randomUUID } from 'node:crypto';
import { channelNamesFor, isChannelName, mainChannel } from '../../shared/channel-names.ts';
import { TunnelError } from '../../shared/errors.ts';
import { describeDropped, importSources, sourceNames, type Dropped } from '../../shared/import-words.ts';
import { sentence } from '../../shared/messages.ts';
import { profileSchema } from '../../shared/profile.ts';
import { tunnelIdPattern } from '../../shared/tunnel.ts';
import { channelOf, profileNameOf } from '../imports/candidates.ts';
import { findServers, type FoundServer } from '../imports/found-servers.ts';
import { exitCodes } from './exit.ts';
import { keepSecrets } from './import-secrets.ts';
import { replacing, storeFor, type InitValues } from './new-profile.ts';
import { isTaken } from './wizard/answers.ts';
import { LeftError } from './wizard/questions.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

export interface ImportValues extends InitValues {
  /** Only servers of this client. */
  readonly from?: string;
}

/** A server that was chosen, and the channel that it becomes. */
export interface Chosen {
  readonly server: FoundServer;
  readonly channel: string;
}

/** What is set up on this machine, and in the project that the command is run in. */
export const serversHere = () => findServers({ env: process.env, folder: process.cwd() });

const refuse = (problem: string, more: { readonly allowed?: string; readonly hint?: string } = {}): TunnelError =>
  new TunnelError('config_invalid', 'local', { field: 'The server', file: 'the command line', problem, ...more });

const inSentence = ({ what, why }: { what: string; why: string }): string => `${what}: ${why}`;

/** `culvert profiles import` without a name: what there is. */
export async function listServers(json: boolean, from?: string): Promise<number> {
  const { servers: all, problems } = await serversHere();
  const servers = from === undefined ? all : all.filter(({ candidate }) => candidate.source === from);
  if (json) {
    const found = servers.map(({ candidate }) => ({
      ...candidate,
      dropped: candidate.dropped.map((dropped) => ({ ...dropped, ...describeDropped(dropped) })),
    }));
    say(JSON.stringify({ servers: found, problems: problems.map((problem) => problem.toJSON()) }, null, 2));
    return exitCodes.done;
  }
  if (servers.length === 0) say('No MCP server of another client was found on this machine.');
  for (const source of importSources) {
    const its = servers.filter(({ candidate }) => candidate.source === source);
    if (its.length === 0) continue;
    say(sourceNames[source]);
    for (const { candidate } of its) {
      const { name, target, file, cwd, secrets, disabled, unusable, dropped } = candidate;
      const marks = [disabled ? 'switched off there' : '', unusable ? 'cannot be used' : ''].filter(
        (mark) => mark !== '',
      );
      say(`  ${name}${marks.length > 0 ? `  (${marks.join(', ')})` : ''}`);
      say(`      ${target}`);
      if (cwd !== undefined) say(`      in ${cwd}`);
      say(`      from ${file}`);
      if (secrets > 0) say(`      ${secrets} secret ${secrets === 1 ? 'value' : 'values'} to keep`);
      for (const each of dropped) say(`      not carried over: ${inSentence(describeDropped(each))}`);
    }
  }
  if (servers.length > 0) {
    say('\nMake a profile of one or several: culvert profiles import SERVER [CHANNEL=SERVER …] --tunnel-id tunnel_…');
  }
  for (const problem of problems) process.stderr.write(`${sentence(problem)}\n`);
  return exitCodes.done;
}

/** `SERVER`, `CLIENT/SERVER` or an id from the list. */
function pick(servers: readonly FoundServer[], name: string, from: string | undefined): FoundServer {
  const fitting = servers.filter(
    ({ candidate }) =>
      (from === undefined || candidate.source === from) &&
      (candidate.name === name || candidate.id === name || `${candidate.source}/${candidate.name}` === name),
  );
  const [server] = fitting;
  if (!server || fitting.length > 1) {
    throw refuse(server ? `several are called ${name}` : `no client has one called ${name}`, {
      ...(server
        ? {
            allowed: fitting
              .map(({ candidate }) => `${candidate.source}/${candidate.name} of ${candidate.file} (${candidate.id})`)
              .join('; '),
          }
        : {}),
      hint: 'List them with `culvert profiles import`.',
    });
  }
  if (server.unusable) {
    const { why } = describeDropped(server.dropped.find(({ code }) => code === 'transport') ?? noTransport);
    throw refuse(`${name} cannot be used`, { hint: why });
  }
  return server;
}

const noTransport: Dropped = { code: 'transport', name: '' };

/**
 * The servers that were named, each `SERVER` or `CHANNEL=SERVER`, and their channels: the first is `main` unless another one is
 * given that name. Throws `config_invalid`.
 */
export function choose(servers: readonly FoundServer[], names: readonly string[], from?: string): Chosen[] {
  const wanted = names.map((text) => {
    const exact = servers.some(({ candidate }) => candidate.name === text);
    const [, channel, name] = exact ? [] : (/^([^=/]+)=(.+)$/s.exec(text) ?? []);
    if (channel !== undefined && !isChannelName(channel)) {
      throw refuse(`\`${channel}\` is no name of a channel`, {
        allowed: 'up to 64 of a–z, 0–9, _ and -, and not harpoon',
      });
    }
    return { channel, server: pick(servers, name ?? text, from) };
  });
  const given = wanted.flatMap(({ channel }) => channel ?? []);
  const twice = given.find((channel, index) => given.indexOf(channel) !== index);
  if (twice !== undefined) throw refuse(`two are to be the channel ${twice}`);
  const named = channelNamesFor(
    wanted.flatMap(({ channel, server }) => (channel === undefined ? [server.candidate.name] : [])),
    given,
  );
  const chosen = wanted.map(({ channel, server }) => ({ server, channel: channel ?? named.shift() ?? '' }));
  if (chosen.length > 0 && !chosen.some(({ channel }) => channel === mainChannel)) {
    throw refuse('none of them is the channel main', {
      hint: 'Calls that name no channel go there: give one of them as main=SERVER.',
    });
  }
  return chosen;
}

/** `culvert profiles import SERVER…`: a profile of the servers that are called so. */
export async function importByName(names: readonly string[], values: ImportValues): Promise<number> {
  const other = [values.mcpCommand, values.mcpServerUrl, values.sample].findIndex((value) => value !== undefined);
  if (other >= 0) {
    const flag = ['--mcp-command', '--mcp-server-url', '--sample'][other] ?? '';
    throw refuse(`${flag} is another way to name it`, {
      hint: 'Give servers of other clients, or this flag, not both.',
    });
  }
  const { servers } = await serversHere();
  try {
    await importServers(choose(servers, names, values.from), values);
  } catch (error) {
    if (!(error instanceof LeftError)) throw error;
    process.stderr.write('Left. Nothing was written.\n');
    return exitCodes.left;
  }
  return exitCodes.done;
}

/** Makes a profile of servers that were found, one a channel; no secret is written into the file. */
export async function importServers(chosen: readonly Chosen[], values: InitValues): Promise<void> {
  const { tunnelId = '', profile: name = profileNameOf(chosen[0]?.server.candidate.name ?? '') } = values;
  if (!tunnelIdPattern.test(tunnelId)) {
    throw new TunnelError('tunnel_id_invalid', 'control-plane', {
      field: '--tunnel-id',
      problem: tunnelId === '' ? 'none was given' : 'this is none',
    });
  }
  const id = values.id ?? randomUUID();
  for (const { server, channel } of chosen) {
    const { candidate, dropped } = server;
    say(`${channel}  ${candidate.name} of ${sourceNames[candidate.source]}  ${candidate.target}`);
    for (const each of dropped) say(`    not carried over: ${inSentence(describeDropped(each))}`);
  }
  const store = storeFor(values.profileDir);
  if (values.force !== true && (await isTaken(store, name))) throw new TunnelError('profile_exists', 'local', { name });
  const { refOf, keepWhile } = await keepSecrets(id, chosen, values.secrets);
  const profile = profileSchema.parse({
    id,
    name,
    controlPlane: {
      tunnelId,
      apiKey: values.controlPlaneApiKeyRef ?? 'env:CONTROL_PLANE_API_KEY',
      baseUrl: values.controlPlaneBaseUrl ?? values.controlPlaneUrl,
      urlPath: values.controlPlaneUrlPath,
      organizationId: values.organizationId,
    },
    channels: chosen.map(({ server, channel }) => channelOf(server, channel, id, refOf)),
    mcp: {},
    harpoon: {},
    capture: {},
  });
  await keepWhile(() => replacing(store, name, values.force === true, () => store.create(name, profile, id)));
  const count = chosen.length === 1 ? '' : ` with ${chosen.length} channels`;
  const next = values.hints === false ? '' : ` Prove it with: culvert doctor --profile ${name}`;
  say(`Written: profile ${name}${count}.${next}`);
}
