import { basename, isAbsolute } from 'node:path';
import { commandOf, isRunning } from '../../process/tree.ts';
import { endOrphans } from '../../runtime/orphans.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { passed, warned, type MachineCheck } from '../check.ts';

/** `node server.mjs`: the program and its script. What follows may hold secrets and is left out. */
function nameOf([program = 'a program', script = '']: readonly string[]): string {
  return [basename(program), ...(isAbsolute(script) || /\.\w{1,4}$/.test(script) ? [basename(script)] : [])].join(' ');
}

/** Children of dead Culverts that are the very processes which were written down, each in words. */
async function left(runtimeFolder: string): Promise<string[]> {
  const dead = (await listRuntimeFiles(runtimeFolder)).filter(({ alive }) => !alive);
  const found: string[] = [];
  for (const { record } of dead) {
    for (const { pid, startTime } of record.children) {
      if (startTime === undefined || !(await isRunning({ pid, startTime }))) continue;
      found.push(`process ${pid} (${nameOf(await commandOf(pid))}), started by Culvert ${record.pid}`);
    }
  }
  return found;
}

export const orphans: MachineCheck = {
  scope: 'machine',
  id: 'orphans',
  title: 'Servers left behind',
  why: 'A Culvert that was killed leaves its servers running: they hold ports, files and memory.',
  async run({ services: { runtimeFolder } }) {
    const running = await left(runtimeFolder);
    if (running.length === 0) return { evidence: [passed('orphans', 'app')] };
    const one = running.length === 1;
    const summary = `${one ? 'A server' : `${running.length} servers`} of a Culvert that is gone still ${one ? 'runs' : 'run'}: ${running.join('; ')}.`;
    return {
      evidence: [warned('orphans', 'app', summary, { processes: running })],
      fix: {
        fix: {
          kind: 'orphans.end',
          summary: `End ${one ? 'it' : 'them'}, with all that ${one ? 'it' : 'they'} started. Nothing else is touched.`,
          before: running.join('\n'),
          after: 'ended',
        },
        apply: async () => {
          await endOrphans(runtimeFolder);
        },
      },
    };
  },
};
