import { InvalidArgumentError, type Command } from 'commander';
import type { AddCommand } from '../add-command.ts';

const description = `Ask a Culvert or tunnel-client that runs whether it is live and ready, for scripts and container health checks.

Name it by one of --url, --url-file and --port. Exit codes: 0 live and ready, 2 not, or wrongly asked.

  culvert health --port 8090
  culvert health --url-file /run/culvert/health-url --pid-file /run/culvert/pid --json`;

export interface HealthArguments {
  readonly json?: boolean;
  readonly url?: string;
  readonly urlFile?: string;
  readonly port?: number;
  readonly pid?: number;
  readonly pidFile?: string;
  readonly requireControlPlanePoll?: boolean;
}

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
};

export const addHealth: AddCommand = (program, finish) => {
  const command: Command = program
    .command('health')
    .summary('ask a process that runs whether it is live and ready')
    .description(description)
    .option('--url <url>', 'its address, or that of its /healthz or /readyz')
    .option('--url-file <file>', 'the file with its address (--health.url-file)')
    .option('--port <port>', 'its port on loopback', whole)
    .option('--pid <pid>', 'also check that this process runs', whole)
    .option('--pid-file <file>', 'the same, from a file (--pid.file)')
    .option('--require-control-plane-poll', 'also want that a poll of the control plane has succeeded')
    .option('--json', 'print JSON')
    .allowExcessArguments(false);
  command.action(async (given: HealthArguments) => {
    const { health } = await import('./health.ts');
    finish(await health(given));
  });
};
