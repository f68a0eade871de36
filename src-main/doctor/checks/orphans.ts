import { isRunning } from '../../mcp/process-tree.ts';
import { endOrphans } from '../../runtime/orphans.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { passed, warned, type MachineCheck } from '../check.ts';

export const orphans: MachineCheck = {
  scope: 'machine',
  id: 'orphans',
  title: 'Servers left behind',
  why: 'A Culvert that was killed leaves its servers running: they hold ports, files and memory.',
  async run({ services: { runtimeFolder } }) {
    const dead = (await listRuntimeFiles(runtimeFolder)).filter(({ alive }) => !alive);
    const pids: number[] = [];
    for (const { pid, startTime } of dead.flatMap(({ record }) => record.children)) {
      if (startTime !== undefined && (await isRunning({ pid, startTime }))) pids.push(pid);
    }
    if (pids.length === 0) return { evidence: [passed('orphans', 'app')] };
    const list = pids.join(', ');
    return {
      evidence: [warned('orphans', 'app', `Processes ${list} were started by a Culvert that is gone.`, { pids: list })],
      fix: {
        fix: {
          kind: 'orphans.end',
          summary: 'End the servers that an earlier Culvert left running.',
          before: `running: ${list}`,
          after: 'none',
        },
        apply: async () => {
          await endOrphans(runtimeFolder);
        },
      },
    };
  },
};
