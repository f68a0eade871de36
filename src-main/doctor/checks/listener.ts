import { createServer } from 'node:net';
import { TunnelError } from '../../../shared/errors.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { parseListenAddress } from '../../settings/process-settings.ts';
import { failed, passed, skipped, type ProfileCheck } from '../check.ts';
import { freePort } from '../fixes/free-port.ts';
import { listenAddressIn, originOf } from '../origin.ts';

async function isFree(host: string | undefined, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

export const listener: ProfileCheck = {
  scope: 'profile',
  id: 'listener',
  title: 'Local listener',
  why: 'Health, readiness and metrics are served there; a port that was asked for and is taken keeps the tunnel from starting.',
  after: ['source'],
  async run({ subject, services, running }) {
    const { listen } = subject;
    if (listen === undefined || running) {
      return { evidence: [skipped('listener', 'app', 'This process listens already.')] };
    }
    if (listen === null)
      return { evidence: [passed('listener', 'app', { address: 'the next free port from 8090 on' })] };
    const parsed = parseListenAddress(listen);
    const ours = (await listRuntimeFiles(services.runtimeFolder)).some(
      ({ record, alive }) => alive && record.address?.endsWith(`:${parsed?.port ?? ''}`) === true,
    );
    const problem = parsed && !ours ? await isFree(parsed.host, parsed.port) : undefined;
    if (problem === undefined) return { evidence: [passed('listener', 'app', { address: listen })] };
    const code = problem === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed';
    const seen = { value: listen, inFile: listenAddressIn, flag: 'health.listen-addr' };
    const origin = await originOf(subject, services, seen);
    const own = origin === undefined && problem === 'EADDRINUSE';
    const fix = own ? await freePort(subject, services, listen) : undefined;
    const hint =
      origin === undefined
        ? {}
        : {
            hint: `The address comes from ${origin}: choose another one there (port 0 takes any free one), or stop the other program.`,
          };
    return {
      evidence: [failed('listener', new TunnelError(code, 'local', { address: listen, detail: problem, ...hint }))],
      ...(fix ? { fix } : {}),
    };
  },
};
