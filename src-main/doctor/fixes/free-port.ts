import { createServer, type AddressInfo } from 'node:net';
import { parseProfileFile } from '../../profiles/source.ts';
import { parseListenAddress } from '../../settings/process-settings.ts';
import type { PlannedFix, Subject } from '../check.ts';
import type { DoctorServices } from '../services.ts';

const freePortOn = (host: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ port: 0, ...(host === undefined ? {} : { host }) }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Another port on the same address, one that is free now, written into the profile that asked for one that is taken. */
export async function freePort(
  subject: Subject,
  { store }: DoctorServices,
  listen: string,
): Promise<PlannedFix | undefined> {
  const asked = parseListenAddress(listen);
  if (!subject.stored || !asked) return undefined;
  const free = listen.replace(/\d+$/, String(await freePortOn(asked.host)));
  return {
    fix: {
      ...(subject.file === undefined ? {} : { file: subject.file }),
      kind: 'port.free',
      summary: 'Listen at another port, one that is free.',
      before: `listen_addr: ${listen}`,
      after: `listen_addr: ${free}`,
    },
    apply: async () => {
      const { text, revision, file } = await store.get(subject.id);
      const { document } = parseProfileFile(file, text).source;
      document.setIn(['health', 'listen_addr'], free);
      await store.save(subject.id, document.toString({ lineWidth: 0 }), revision);
    },
  };
}
