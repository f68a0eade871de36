import { isAbsolute } from 'node:path';
import { joinCommand, splitCommand } from '../../mcp/stdio/command-line.ts';
import { variable } from '../../mcp/process-environment.ts';
import { resolveProgram } from '../../mcp/process-program.ts';
import { resolvedCommand } from '../../diagnosis/resolved-command.ts';
import { prove, warned, type ChannelCheck } from '../check.ts';
import { changeProfile } from '../fixes/change-profile.ts';

export const program: ChannelCheck = {
  scope: 'channel',
  kind: 'stdio',
  id: 'program',
  title: 'Program of the server',
  why: 'A program is looked up on a PATH, and an app has another one than a terminal.',
  after: ['source'],
  async run({ channel, subject, services }) {
    const { env, searchPath } = services;
    if (channel.kind !== 'stdio') return { evidence: [] };
    const found = await prove('program.resolved', 'mcp-server', async () => {
      return (await resolvedCommand(channel, { env, searchPath })).facts;
    });
    if (found.error) {
      const fix =
        found.error.code === 'command_not_found' && services.refreshPath
          ? {
              fix: {
                kind: 'path.refresh',
                summary:
                  'Ask the login shell for its PATH again: a program that was installed meanwhile is found then.',
              },
              apply: () => Promise.resolve(services.refreshPath?.()),
            }
          : undefined;
      return { evidence: [found], ...(fix ? { fix } : {}) };
    }
    const [named, ...args] = splitCommand(channel.command);
    const path = found.facts['program'];
    if (isAbsolute(named) || named.includes('/') || typeof path !== 'string') return { evidence: [found] };
    // what only the login shell's PATH or the usual folders have is lost to a service or a cron job
    const inherited = await resolveProgram(named, {
      path: channel.env['PATH'] ?? variable(env, 'PATH') ?? '',
      cwd: channel.cwd ?? process.cwd(),
      environment: env,
    }).catch(() => undefined);
    if (inherited === path) return { evidence: [found] };
    const command = joinCommand([path, ...args]);
    const summary = `${named} is not on the PATH of this process; it was found where shells look.`;
    const fix = changeProfile(subject, services, {
      kind: 'command.absolute',
      summary: `Name ${named} by its full path.`,
      before: channel.command,
      after: command,
      change: (saved) => ({
        ...saved,
        channels: saved.channels.map((each) =>
          each.name === channel.name && each.kind === 'stdio' ? { ...each, command } : each,
        ),
      }),
    });
    return { evidence: [found, warned('program.path', 'mcp-server', summary)], ...(fix ? { fix } : {}) };
  },
};
