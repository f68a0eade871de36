import { isAbsolute } from 'node:path';
import type { StdioChannelConfig } from '../../../shared/profile.ts';
import { resolvedCommand } from '../../diagnosis/resolved-command.ts';
import { ownPath, variable } from '../../process/environment.ts';
import { resolveProgram } from '../../process/program.ts';
import { joinCommand, splitCommand } from '../../process/command-line.ts';
import { prove, warned, type ChannelCheck, type ChannelLook, type Finding, type PlannedFix } from '../check.ts';
import { changeProfile } from '../fixes/change-profile.ts';
import { refreshPath } from '../fixes/refresh-path.ts';
import { originOf } from '../origin.ts';

const isBare = (named: string): boolean => !isAbsolute(named) && !/[\\/]/.test(named);

const lookup = (named: string, path: string, { channel, services }: ChannelLook): Promise<string | undefined> =>
  resolveProgram(named, {
    path,
    cwd: (channel.kind === 'stdio' ? channel.cwd : undefined) ?? process.cwd(),
    environment: services.env,
  }).catch(() => undefined);

const originOfCommand = ({ subject, services }: ChannelLook, { name, command }: StdioChannelConfig) =>
  originOf(subject, services, {
    value: command,
    inFile: ({ profile }) => {
      const saved = profile.channels.find((each) => each.name === name);
      return saved?.kind === 'stdio' ? saved.command : undefined;
    },
    flag: 'mcp.command',
  });

function nameByPath(look: ChannelLook, channel: StdioChannelConfig, path: string): PlannedFix | undefined {
  const [named, ...args] = splitCommand(channel.command);
  const command = joinCommand([path, ...args]);
  return changeProfile(look.subject, look.services, {
    kind: 'command.absolute',
    summary: `Name ${named} by its full path.`,
    before: `command: ${channel.command}`,
    after: `command: ${command}`,
    change: (saved) => ({
      ...saved,
      channels: saved.channels.map((each) =>
        each.name === channel.name && each.kind === 'stdio' ? { ...each, command } : each,
      ),
    }),
  });
}

/** It is not where this process looks. Where the login shell has it, that is what to do about it. */
async function missing(
  look: ChannelLook,
  channel: StdioChannelConfig,
): Promise<{ readonly fix?: PlannedFix | undefined; readonly hint?: string } | undefined> {
  const { loginPath, searchPath, manager } = look.services;
  const [named] = splitCommand(channel.command);
  if (!loginPath || !isBare(named) || ownPath(channel.env, look.services.env) !== undefined) return undefined;
  const path = await loginPath.ask();
  const found = await lookup(named, path, look);
  if (found === undefined) return undefined;
  const { refresh } = loginPath;
  if (!refresh) {
    const origin = await originOfCommand(look, channel);
    if (origin === undefined) return { fix: nameByPath(look, channel, found) };
    return { hint: `It is at ${found}: give that in ${origin}, where the command comes from.` };
  }
  const fix = refreshPath({
    named,
    found,
    known: await searchPath(),
    path,
    refresh: async () => {
      await refresh();
      // its server waits for the next try
      manager.nudge('person', look.profile.id);
    },
  });
  return { fix };
}

export const program: ChannelCheck = {
  scope: 'channel',
  kind: 'stdio',
  id: 'program',
  title: 'Program of the server',
  why: 'A program is looked up on a PATH, and an app has another one than a terminal.',
  after: ['source'],
  async run(look): Promise<Finding> {
    const { channel, services } = look;
    const { env, searchPath, loginPath } = services;
    if (channel.kind !== 'stdio') return { evidence: [] };
    const found = await prove('program.resolved', 'mcp-server', async () => {
      return (await resolvedCommand(channel, { env, searchPath })).facts;
    });
    if (found.error) {
      const { fix, hint } = (found.error.code === 'command_not_found' ? await missing(look, channel) : undefined) ?? {};
      const { code, leg, params } = found.error;
      const error = hint === undefined ? found.error : { code, leg, params: { ...params, hint } };
      return { evidence: [{ ...found, error }], ...(fix ? { fix } : {}) };
    }
    const [named] = splitCommand(channel.command);
    const path = found.facts['program'];
    // the app starts its servers with the login shell's PATH: what is found there is found
    if (!isBare(named) || typeof path !== 'string' || loginPath?.refresh) return { evidence: [found] };
    // what only the login shell's PATH or the usual folders have is lost to a service or a cron job
    const inherited = await lookup(named, ownPath(channel.env, env) ?? variable(env, 'PATH') ?? '', look);
    if (inherited === path) return { evidence: [found] };
    const origin = await originOfCommand(look, channel);
    const where = origin === undefined ? '' : `: give ${path} in ${origin}, where the command comes from`;
    const summary = `${named} is not on the PATH of this process; it was found where shells look${where}.`;
    const fix = origin === undefined ? nameByPath(look, channel, path) : undefined;
    return { evidence: [found, warned('program.path', 'mcp-server', summary)], ...(fix ? { fix } : {}) };
  },
};
