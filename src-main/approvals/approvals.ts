import type { CommandDescription } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { Profile, StdioChannelConfig } from '../../shared/profile.ts';
import type { ApprovalStore } from './approval-store.ts';
import { describeCommand, type DescribeOptions } from './command-description.ts';

/** Nothing runs before it was shown and agreed to, and again when it changes. */
export class Approvals {
  readonly #store: ApprovalStore;
  readonly #options: DescribeOptions;

  constructor(store: ApprovalStore, options: DescribeOptions) {
    this.#store = store;
    this.#options = options;
  }

  async describe(
    owner: string,
    channel: string,
    config: Pick<StdioChannelConfig, 'command' | 'cwd' | 'env'>,
  ): Promise<CommandDescription> {
    const described = await describeCommand(config, this.#options);
    const { hash } = described;
    return {
      ...described,
      approved: await this.#store.isApproved(hash),
      changed: await this.#store.hasChanged(owner, channel, hash),
    };
  }

  /** For exactly what was shown: rejects with `command_not_approved` when it is not that any more. */
  async approve(
    owner: string,
    channel: string,
    config: Pick<StdioChannelConfig, 'command' | 'cwd' | 'env'>,
    hash: string,
  ): Promise<void> {
    const described = await describeCommand(config, this.#options);
    if (described.hash === '' || described.hash !== hash) throw notApproved(channel);
    await this.#store.approve(owner, channel, hash);
  }

  /** Rejects with `command_not_approved` when a channel's command was not agreed to. One that cannot run says so when it is started. */
  async require(profile: Profile): Promise<void> {
    for (const channel of profile.channels) {
      if (channel.kind !== 'stdio') continue;
      const { approved, error } = await this.describe(profile.id, channel.name, channel);
      if (!approved && !error) throw notApproved(channel.name);
    }
  }
}

const notApproved = (channel: string): TunnelError =>
  new TunnelError('command_not_approved', 'mcp-server', { channel });
