import { randomUUID } from 'node:crypto';
import { TunnelError } from '../../../shared/errors.ts';
import { describeDropped, importSources, sourceNames } from '../../../shared/import-words.ts';
import { sentence } from '../../../shared/messages.ts';
import { profileSchema } from '../../../shared/profile.ts';
import { tunnelIdPattern } from '../../../shared/names.ts';
import { channelOf, profileNameOf } from '../../imports/candidates.ts';
import { findServers } from '../../imports/found-servers.ts';
import { newProfileText } from '../../profiles/forms/profile-text.ts';
import { checkKeyReference, processText } from '../../profiles/samples.ts';
import { exitCodes } from '../exit.ts';
import { namingFlags } from '../help/flag-names.ts';
import { choose, refuse, type Chosen } from './import-choice.ts';
import { keepSecrets } from './import-secrets.ts';
import { replacing, storeFor, type InitValues } from './new-profile.ts';
import { isTaken } from '../wizard/answers.ts';
import { LeftError } from '../wizard/questions.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

export interface ImportValues extends InitValues {
  /** Only servers of this client. */
  readonly from?: string;
}

/** What is set up on this machine, and in the project that the command is run in. */
export const serversHere = () => findServers({ env: process.env, folder: process.cwd() });

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

/** `culvert profiles import SERVER…`: a profile of the servers that are called so. */
export async function importByName(names: readonly string[], values: ImportValues): Promise<number> {
  const other = [values.mcpCommand, values.mcpServerUrl, values.sample].findIndex((value) => value !== undefined);
  if (other >= 0) {
    const flag = ['--mcp-command', '--mcp-server-url', '--sample'][other] ?? '';
    throw refuse(`${flag} is another way to name it`, {
      hint: 'Give servers of other clients, or this flag, not both.',
    });
  }
  const { servers, problems } = await serversHere();
  const pick = () => {
    try {
      return choose(servers, names, values.from);
    } catch (error) {
      // it may be called so where it was passed over
      for (const problem of problems) process.stderr.write(`${sentence(problem)}\n`);
      throw error;
    }
  };
  try {
    await importServers(pick(), values);
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
  const apiKey = values.controlPlaneApiKeyRef ?? 'env:CONTROL_PLANE_API_KEY';
  checkKeyReference(apiKey);
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
      apiKey,
      baseUrl: values.controlPlaneBaseUrl,
      urlPath: values.controlPlaneUrlPath,
      organizationId: values.organizationId,
    },
    channels: chosen.map(({ server, channel }) => channelOf(server, channel, id, refOf)),
    mcp: {},
    harpoon: {},
    capture: {},
  });
  const files = [...new Set(chosen.map(({ server }) => server.candidate.file))].join(', ');
  const process = processText({ listenAddress: values.healthListenAddr, openBrowser: values.openWebUi });
  const write = () =>
    replacing(store, name, values.force === true, () => store.importText(name, newProfileText(profile) + process, id));
  await keepWhile(() => namingFlags(write, files));
  const count = chosen.length === 1 ? '' : ` with ${chosen.length} channels`;
  const where = values.profileDir === undefined ? '' : ` --profile-dir ${values.profileDir}`;
  const next = values.hints === false ? '' : ` Prove it with: culvert doctor --profile ${name}${where}`;
  say(`Written: profile ${name}${count}.${next}`);
}
