import { createServer, type AddressInfo } from 'node:net';
import { TunnelError } from '../../../shared/errors.ts';
import { editJson } from '../../profiles/forms/json-edit.ts';
import { parseProfileFile } from '../../profiles/source.ts';
import { editDocument } from '../../profiles/forms/yaml-edit.ts';
import { parseListenAddress } from '../../settings/process-settings.ts';
import type { PlannedFix, Subject } from '../check.ts';
import { listenAddressIn } from '../origin.ts';
import type { DoctorServices } from '../services.ts';
import { withoutTrailing } from '../../../shared/trim.ts';

const freePortOn = (host: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ port: 0, ...(host === undefined ? {} : { host }) }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/**
 * Another port on the same address, one that is free now, written into the profile that asked for one that is taken. It is
 * refused (`revision_conflict`) when the file says something else by then.
 */
export async function freePort(
  subject: Subject,
  { store }: DoctorServices,
  listen: string,
): Promise<PlannedFix | undefined> {
  const asked = parseListenAddress(listen);
  if (!subject.stored || !asked) return undefined;
  const free = `${withoutTrailing(listen, '0123456789')}${await freePortOn(asked.host)}`;
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
      const { form, source, settings } = parseProfileFile(file, text);
      if (listenAddressIn(settings) !== listen) throw new TunnelError('revision_conflict', 'local', { file });
      const shapeOf = (address: string) => ({ health: { listen_addr: address } });
      const shapes = [shapeOf(listen), shapeOf(free)] as const;
      const changed = form === 'json' ? editJson(text, ...shapes) : editDocument(source.document, text, ...shapes);
      await store.save(subject.id, changed, revision);
    },
  };
}
