import { createInterface, type Interface } from 'node:readline/promises';
import { TunnelError } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import { tunnelIdPattern } from '../../shared/tunnel.ts';
import { profileNameOf } from '../imports/candidates.ts';
import { findServers, type FoundServer } from '../imports/found-servers.ts';
import { ProfileStore } from '../profiles/profile-store.ts';
import { findSample, sampleText } from '../profiles/samples.ts';
import { exitCodes } from './exit.ts';
import { importServer } from './import-server.ts';

export interface InitValues {
  readonly profile?: string;
  readonly sample?: string;
  readonly profileDir?: string;
  readonly tunnelId?: string;
  readonly mcpCommand?: string;
  readonly mcpServerUrl?: string;
  readonly controlPlaneApiKeyRef?: string;
  readonly controlPlaneBaseUrl?: string;
  readonly controlPlaneUrl?: string;
  readonly controlPlaneUrlPath?: string;
  readonly organizationId?: string;
  readonly healthListenAddr?: string;
  readonly openWebUi?: boolean;
  readonly force?: boolean;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

export const storeFor = (profileDir: string | undefined): ProfileStore =>
  new ProfileStore({ env: process.env, ...(profileDir === undefined ? {} : { folder: profileDir }) });

const keyDefault = 'env:CONTROL_PLANE_API_KEY';

/** `culvert init`. Rejects with `config_invalid`, `tunnel_id_invalid`, `profile_exists`. */
export async function init(given: InitValues): Promise<number> {
  const complete = given.tunnelId !== undefined && (given.mcpCommand ?? given.mcpServerUrl) !== undefined;
  if (complete || !process.stdin.isTTY) return writeProfile(given);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await ask(terminal, given);
  } finally {
    terminal.close();
  }
}

/** Writes what the flags say. */
export async function writeProfile(values: InitValues): Promise<number> {
  const { tunnelId, mcpCommand, mcpServerUrl } = values;
  if (tunnelId === undefined) {
    throw new TunnelError('config_invalid', 'local', {
      field: '--tunnel-id',
      file: 'the command line',
      problem: 'it is missing',
      hint: 'Copy the id from where the tunnel was created, or run `culvert init` in a terminal: it asks.',
    });
  }
  const sample = findSample(
    values.sample ?? (mcpCommand === undefined ? 'sample_mcp_with_dcr' : 'sample_mcp_stdio_local'),
  );
  const text = sampleText(sample, {
    tunnelId,
    apiKeyRef: values.controlPlaneApiKeyRef ?? keyDefault,
    baseUrl: values.controlPlaneBaseUrl ?? values.controlPlaneUrl,
    urlPath: values.controlPlaneUrlPath,
    organizationId: values.organizationId,
    serverUrl: mcpServerUrl,
    command: mcpCommand,
    listenAddress: values.healthListenAddr,
    openBrowser: values.openWebUi,
  });
  const name = values.profile ?? sample.name;
  await saveText(name, text, values);
  return exitCodes.done;
}

/** Saves a new profile; with `force` one of that name is put aside first, and back if the new one is not right. */
export async function saveText(name: string, text: string, { profileDir, force }: InitValues): Promise<void> {
  const store = storeFor(profileDir);
  const before = force ? (await store.list()).find((entry) => entry.name === name) : undefined;
  const undo = before && (await store.delete(before.id)).undo;
  try {
    const { id } = await store.importText(name, text);
    const { file } = await store.get(id);
    say(`Written: ${file}`);
    say(`  culvert doctor --profile ${name}   proves that it works`);
    say(`  culvert run --profile ${name}      runs it`);
  } catch (error) {
    if (undo !== undefined) await store.undoDelete(undo);
    throw error;
  }
}

/** Asks until `check` has nothing to say. */
async function until(
  terminal: Interface,
  question: string,
  usual: string | undefined,
  check: (text: string) => string | undefined,
) {
  for (;;) {
    const typed = (await terminal.question(`${question}${usual === undefined ? '' : ` [${usual}]`}: `)).trim();
    const answer = typed === '' ? (usual ?? '') : typed;
    const problem = check(answer);
    if (problem === undefined) return answer;
    say(`  ${problem}`);
  }
}

const none = (): undefined => undefined;

async function ask(terminal: Interface, given: InitValues): Promise<number> {
  const { servers, problems } = await findServers({ env: process.env });
  let chosen: FoundServer | undefined;
  let target = given.mcpCommand ?? given.mcpServerUrl;
  if (target === undefined) {
    if (servers.length > 0) say('MCP servers that are set up on this machine:');
    for (const [index, { candidate }] of servers.entries()) {
      say(`  ${String(index + 1).padStart(2)}  ${candidate.name} (${candidate.source})  ${candidate.target}`);
    }
    for (const problem of problems) say(`  ! ${sentence(problem)}`);
    const question = servers.length > 0 ? 'Number, command or URL of the server' : 'Command or URL of the server';
    target = await until(terminal, question, undefined, (text) =>
      text === '' || (/^\d+$/.test(text) && !servers[Number(text) - 1]) ? 'There is no such server.' : undefined,
    );
    chosen = /^\d+$/.test(target) ? servers[Number(target) - 1] : undefined;
  }
  const tunnelId = await until(terminal, 'Tunnel id', given.tunnelId, (text) =>
    tunnelIdPattern.test(text) ? undefined : 'A tunnel id is tunnel_ and 32 lower-case letters or digits.',
  );
  const apiKeyRef = await until(
    terminal,
    'Runtime key, as env:NAME or file:/path',
    given.controlPlaneApiKeyRef ?? keyDefault,
    (text) =>
      /^(env|file|keychain):./i.test(text)
        ? undefined
        : 'A key is not written into a file: give env:NAME or file:/path.',
  );
  const usual = chosen ? profileNameOf(chosen.candidate.name) : 'main';
  const name = await until(terminal, 'Name of the profile', given.profile ?? usual, none);
  const settings = { ...given, profile: name, tunnelId, controlPlaneApiKeyRef: apiKeyRef };
  if (chosen) {
    await importServer(chosen, settings);
    return exitCodes.done;
  }
  const isUrl = /^https?:\/\//i.test(target);
  return writeProfile({ ...settings, ...(isUrl ? { mcpServerUrl: target } : { mcpCommand: target }) });
}
