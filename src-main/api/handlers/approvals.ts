import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import type { Profile, StdioChannelConfig } from '../../../shared/profile.ts';
import type { Approvals } from '../../approvals/approvals.ts';

type Calls = 'approvals.describe' | 'approvals.approve';

export function approvalHandlers(approvals: Approvals, load: (id: string) => Promise<Profile>): Pick<Handlers, Calls> {
  const channelOf = async (id: string, name: string): Promise<StdioChannelConfig> => {
    const channel = (await load(id)).channels.find((candidate) => candidate.name === name);
    if (channel?.kind !== 'stdio')
      throw new TunnelError('not_found', 'local', { what: `The command of channel ${name}` });
    return channel;
  };
  return {
    'approvals.describe': async ({ id, channel }) => approvals.describe(id, channel, await channelOf(id, channel)),
    'approvals.approve': async ({ id, channel, hash }) =>
      approvals.approve(id, channel, await channelOf(id, channel), hash),
  };
}
