import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { passed, skipped, warned, type MachineCheck } from '../check.ts';

const leastBytes = 100 * 1024 * 1024;

async function nearestFolder(path: string): Promise<string> {
  return access(path).then(
    () => path,
    () => (dirname(path) === path ? path : nearestFolder(dirname(path))),
  );
}

export const disk: MachineCheck = {
  scope: 'machine',
  id: 'disk',
  title: 'Disk',
  why: 'Profiles and settings are saved there; a full or read-only disk loses them.',
  async run({ services: { folder } }) {
    const existing = await nearestFolder(folder);
    const found = await statfs(existing).catch(() => undefined);
    if (!found) return { evidence: [skipped('disk', 'app', 'The system does not say how much is free.')] };
    const freeMiB = Math.round((found.bavail * found.bsize) / 1024 / 1024);
    const facts = { folder, freeMiB };
    const writable = await access(existing, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!writable) return { evidence: [warned('disk', 'app', `This user may not write in ${existing}.`, facts)] };
    if (freeMiB * 1024 * 1024 < leastBytes) {
      return { evidence: [warned('disk', 'app', `Only ${freeMiB} MiB are free: make room.`, facts)] };
    }
    return { evidence: [passed('disk', 'app', facts)] };
  },
};
