import { TunnelError } from '../../../shared/errors.ts';
import { listRuntimeFiles } from '../../runtime/runtime-record.ts';
import { failed, passed, type ProfileCheck } from '../check.ts';

export const instance: ProfileCheck = {
  scope: 'profile',
  id: 'instance',
  title: 'One process for the profile',
  why: 'Two processes with one profile would share its calls and its listener.',
  after: ['source'],
  async run({ subject, services, running }) {
    const others = (await listRuntimeFiles(services.runtimeFolder)).filter(
      ({ record, alive }) =>
        alive && record.pid !== process.pid && record.profiles.some(({ id, held }) => id === subject.id && held),
    );
    const [other] = others;
    if (!other) return { evidence: [passed('instance', 'app', running ? { pid: process.pid } : {})] };
    const { pid, address } = other.record;
    const error = new TunnelError('profile_running', 'local', { pid, name: subject.name });
    // it runs, and that is what it is for: only a second start would go wrong
    return { evidence: [failed('instance', error, 'warn', { pid, ...(address === undefined ? {} : { address }) })] };
  },
};
