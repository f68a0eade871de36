import { randomUUID } from 'node:crypto';
import { sentence } from '../../../shared/messages.ts';
import { profileNameOf } from '../../imports/candidates.ts';
import type { FoundServer } from '../../imports/found-servers.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import { findSample } from '../../profiles/samples.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { keepWhile } from '../../secrets/keep-while.ts';
import { keychainRef } from '../../secrets/secret-store.ts';
import { exitCodes } from '../exit.ts';
import { choose } from '../profiles/import-choice.ts';
import { importServers, serversHere } from '../profiles/import-server.ts';
import { storeFor, type InitValues } from '../profiles/new-profile.ts';
import { writeProfile } from '../profiles/write-profile.ts';
import {
  freeName,
  keyAnswer,
  keyPlaceAnswer,
  nameAnswer,
  serverAnswer,
  tunnelAnswer,
  type ServerAnswer,
} from './answers.ts';
import { cut, LeftError, Problem, withQuestions, type Questions } from './questions.ts';

const mostShown = 20;

interface Answers {
  readonly server: ServerAnswer;
  readonly tunnelId: string;
  readonly key: KeyAnswer;
  readonly name: string;
}

type KeyAnswer = { readonly ref: string } | { readonly typed: string };

const terminal = { input: process.stdin, output: process.stdout };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** `culvert init` at a terminal: asks, writes, and offers to prove what was written. */
export async function runWizard(given: InitValues): Promise<number> {
  const answers = await withQuestions(terminal, (questions) => ask(questions, given)).catch(leave);
  if (answers === undefined) {
    process.stderr.write('Left. Nothing was written.\n');
    return exitCodes.left;
  }
  const written = await write(answers, given).then(() => true, leave);
  if (written !== true) {
    process.stderr.write('Left. Nothing was written.\n');
    return exitCodes.left;
  }
  await afterwards(answers, given);
  return exitCodes.done;
}

function leave(error: unknown): undefined {
  if (!(error instanceof LeftError)) throw error;
}

async function ask(questions: Questions, given: InitValues): Promise<Answers> {
  const { env } = process;
  const store = storeFor(given.profileDir);
  const sample = given.sample === undefined ? undefined : findSample(given.sample);
  questions.say('A profile says which MCP server a tunnel leads to. Ctrl C leaves, and writes nothing.\n');
  const server = await askServer(questions, given, (typed, servers) => serverAnswer(typed, servers, sample, env));
  questions.say('');
  const tunnelId = await questions.ask({ text: 'Tunnel id', usual: given.tunnelId, check: tunnelAnswer });
  questions.say('');
  const key = await askKey(questions, given);
  questions.say('');
  const wanted =
    given.profile ?? (server.kind === 'found' ? profileNameOf(server.chosen[0]?.server.candidate.name ?? '') : 'main');
  const name = await askName(questions, given, store, wanted);
  return { server, tunnelId, key, name };
}

/** The key goes to the keychain first: a profile is not written that refers to nothing. */
async function write({ server, tunnelId, key, name }: Answers, given: InitValues): Promise<void> {
  const id = randomUUID();
  const controlPlaneApiKeyRef = 'ref' in key ? key.ref : keychainRef(id, 'api_key');
  const values = { ...given, id, profile: name, tunnelId, controlPlaneApiKeyRef, hints: false };
  say('');
  const typed = new Map('typed' in key ? [['api_key', key.typed]] : []);
  await keepWhile(createKeychain, id, typed, () => writeServer(server, values));
}

async function writeServer(server: ServerAnswer, values: InitValues): Promise<void> {
  switch (server.kind) {
    case 'found':
      await importServers(server.chosen, values);
      break;
    case 'url':
      await writeProfile({ ...values, mcpServerUrl: server.url });
      break;
    case 'command':
      await writeProfile({ ...values, mcpCommand: server.command });
  }
}

async function askServer(
  questions: Questions,
  given: InitValues,
  check: (typed: string, servers: readonly FoundServer[]) => Promise<ServerAnswer | Problem>,
): Promise<ServerAnswer> {
  const { mcpCommand, mcpServerUrl } = given;
  if (mcpCommand !== undefined) return { kind: 'command', command: mcpCommand };
  if (mcpServerUrl !== undefined) return { kind: 'url', url: mcpServerUrl };
  const { servers, problems } = await serversHere();
  if (given.import) return { kind: 'found', chosen: choose(servers, given.import) };
  if (servers.length > 0) {
    const shown = servers.slice(0, mostShown);
    const widest = (key: 'name' | 'source') =>
      Math.min(24, Math.max(...shown.map(({ candidate }) => candidate[key].length)));
    const [names, sources] = [widest('name'), widest('source')];
    questions.say('MCP servers that other programs on this machine have set up:');
    for (const [index, { candidate }] of shown.entries()) {
      const { name, source, target } = candidate;
      const line = `  ${String(index + 1).padStart(2)}  ${cut(name, names).padEnd(names)}  ${source.padEnd(sources)}  ${target}`;
      questions.say(cut(line, questions.columns - 1));
    }
    if (servers.length > mostShown)
      questions.say(`  and ${servers.length - mostShown} more, which culvert profiles import lists`);
  }
  for (const problem of problems) questions.say(`  ! ${sentence(problem)}`);
  return questions.ask({
    text: servers.length > 0 ? 'A number or several (1,3), or a command or URL' : 'Command or URL of the MCP server',
    check: (typed) => check(typed, servers),
  });
}

async function askKey(questions: Questions, given: InitValues): Promise<KeyAnswer> {
  const { env } = process;
  const isSet = (env['CONTROL_PLANE_API_KEY']?.trim() ?? '') !== '';
  questions.say('Runtime key of the tunnel, never an admin key. It is not written into the profile. It can be');
  questions.say('  1          typed in next, unseen, and kept in the keychain');
  questions.say('  env:NAME   in a variable');
  questions.say('  file:/path in a file');
  const place = await questions.ask({
    text: 'Key',
    usual: given.controlPlaneApiKeyRef ?? (isSet ? 'env:CONTROL_PLANE_API_KEY' : '1'),
    check: async (typed) => {
      const answer = await keyPlaceAnswer(typed, env);
      // told before anything is typed that it could not keep
      if (!(answer instanceof Problem) && answer.kind === 'type') await createKeychain().get('culvert/none');
      return answer;
    },
  });
  if (place.kind === 'reference') return { ref: place.ref };
  const typed = await questions.ask({ text: 'Paste the key (it is not shown)', secret: true, check: keyAnswer });
  return { typed };
}

async function askName(questions: Questions, given: InitValues, store: ProfileStore, wanted: string): Promise<string> {
  let usual = given.force ? wanted : await freeName(store, wanted);
  for (;;) {
    const { name, taken } = await questions.ask({
      text: 'Name of the profile',
      usual,
      check: (typed) => nameAnswer(typed, store),
    });
    if (!taken || given.force) return name;
    questions.say(`  There is a profile ${name} already. With --force it would be replaced.`);
    usual = await freeName(store, name);
  }
}

/** Offers the proof, and says what is next. Who leaves here has the profile. */
async function afterwards({ name, key }: Answers, { profileDir }: InitValues): Promise<void> {
  const [, variable = ''] = 'ref' in key ? (/^env:(\w+)$/.exec(key.ref) ?? []) : [];
  const isUnset = variable !== '' && (process.env[variable]?.trim() ?? '') === '';
  const prove =
    !isUnset &&
    ((await withQuestions(terminal, ({ say: tell, confirm }) => {
      tell('\nculvert doctor can prove now that it works: it starts the server, and polls the tunnel for a moment.');
      return confirm('Prove it?', true);
    }).catch(leave)) ??
      false);
  if (prove) {
    say('');
    const selection = { profile: name, ...(profileDir === undefined ? {} : { profileDir }) };
    const { doctor } = await import('../doctor/doctor.ts');
    await doctor({ selections: [selection], flags: new Map(), env: process.env });
  }
  const which = `--profile ${name}${profileDir === undefined ? '' : ` --profile-dir ${profileDir}`}`;
  const steps: [string, string][] = [
    ...(isUnset ? [[`export ${variable}=…`, 'the key: this shell has none'] as [string, string]] : []),
    ...(prove ? [] : [[`culvert doctor ${which}`, 'proves that it works'] as [string, string]]),
    [`culvert run ${which}`, 'runs it'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  say('\nNext:');
  for (const [command, what] of steps) say(`  ${command.padEnd(width)}  ${what}`);
}
