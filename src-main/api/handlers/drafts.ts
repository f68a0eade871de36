import { TunnelError } from '../../../shared/errors.ts';
import type { Evidence, ProbeResult } from '../../../shared/evidence.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import { profileSchema } from '../../../shared/profile.ts';
import type { TunnelSnapshot } from '../../../shared/tunnel.ts';
import type { Approvals } from '../../approvals/approvals.ts';
import type { Probes } from '../../diagnosis/probes.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import type { SecretStore } from '../../secrets/secret-store.ts';
import { Cancellation } from '../../tunnel/cancellation.ts';
import type { TunnelManager } from '../../tunnel/tunnel-manager.ts';
import { draftChannel, type DraftStore } from '../drafts/draft-store.ts';
import type { ProfileList } from '../profiles/profile-list.ts';

type Calls = Extract<keyof Handlers, `drafts.${string}`>;
type Probe = 'server' | 'control-plane' | 'key';

export interface DraftServices {
  readonly drafts: DraftStore;
  readonly approvals: Approvals;
  readonly probes: Probes;
  readonly manager: TunnelManager;
  readonly store: ProfileStore;
  readonly list: ProfileList;
  readonly secretStore: () => SecretStore;
  /** A server that was found on this machine, as a draft starts with it. */
  readonly fromCandidate: (id: string) => Promise<ReturnType<DraftStore['create']>>;
}

/** Refusals come at once, and an accepted poll is known as such after a second. */
const useProofMs = 20_000;

export function draftHandlers(services: DraftServices): Pick<Handlers, Calls> {
  const { drafts, approvals, probes, manager, store, list, secretStore, fromCandidate } = services;
  const running = new Map<string, Cancellation>();

  /** One probe of a draft at a time: a new one ends the one before. */
  const probing = async (
    id: string,
    probe: Probe,
    caller: Caller,
    run: (tell: (evidence: Evidence) => void, cancellation: Cancellation) => Promise<ProbeResult>,
  ): Promise<ProbeResult> => {
    running.get(id)?.cancel('cancelled');
    const cancellation = new Cancellation();
    running.set(id, cancellation);
    const tell = (evidence: Evidence) => caller.send('draft.evidence', { id, probe, evidence });
    try {
      return await run(tell, cancellation);
    } finally {
      if (running.get(id) === cancellation) running.delete(id);
    }
  };

  const server = (id: string) => {
    const channel = drafts.channel(id);
    return channel.kind === 'stdio' ? channel : undefined;
  };

  return {
    'drafts.create': ({ candidate }) => (candidate === undefined ? drafts.create() : fromCandidate(candidate)),
    'drafts.get': ({ id }) => drafts.get(id),
    'drafts.update': ({ id, patch }) => drafts.update(id, patch),
    'drafts.describe': ({ id }) => approvals.describe(id, draftChannel, server(id) ?? { command: '', env: {} }),
    'drafts.approve': async ({ id, hash }) => {
      const channel = server(id);
      if (channel) await approvals.approve(id, draftChannel, channel, hash);
    },
    'drafts.probeServer': ({ id }, caller) =>
      probing(id, 'server', caller, async (tell, cancellation) => {
        const channel = drafts.channel(id);
        if (channel.kind === 'stdio') {
          const { approved, error } = await approvals.describe(id, draftChannel, channel);
          if (!approved && !error) {
            throw new TunnelError('command_not_approved', 'mcp-server', { channel: draftChannel });
          }
        }
        return probes.server(channel, bare(drafts, id), tell, cancellation);
      }),
    'drafts.probeControlPlane': ({ id }, caller) =>
      probing(id, 'control-plane', caller, (tell, cancellation) =>
        probes.controlPlane(drafts.profile(id), tell, cancellation),
      ),
    'drafts.probeKey': ({ id }, caller) =>
      probing(id, 'key', caller, async (tell, cancellation) => {
        const profile = drafts.profile(id);
        await approvals.require(profile);
        const begun = Date.now();
        const started = performance.now();
        void manager.start(profile);
        const outcome = await firstPoll(manager, id, cancellation);
        const evidence: Evidence = {
          step: 'key.use',
          outcome: outcome instanceof TunnelError ? 'fail' : 'pass',
          layer:
            outcome instanceof TunnelError && outcome.code !== 'unauthorized' && outcome.code !== 'forbidden'
              ? 'network'
              : 'control-plane',
          at: begun,
          ms: Math.round(performance.now() - started),
          facts: { tunnelId: profile.controlPlane.tunnelId },
          ...(outcome instanceof TunnelError ? { error: outcome.toJSON() } : {}),
        };
        tell(evidence);
        return { evidence: [evidence] };
      }),
    'drafts.cancelProbe': ({ id }) => running.get(id)?.cancel('cancelled'),
    'drafts.adopt': async ({ id }) => {
      const profile = drafts.profile(id);
      await drafts.moveSecrets(id, secretStore());
      const made = await store.create(profile.name, profile, id);
      drafts.discard(id);
      await list.refresh();
      return made;
    },
    'drafts.discard': async ({ id }) => {
      running.get(id)?.cancel('cancelled');
      drafts.discard(id);
      await manager.stop(id);
    },
  };
}

/** What a server probe needs of a profile before tunnel and key are known. */
function bare(drafts: DraftStore, id: string) {
  return profileSchema.parse({
    id,
    name: 'draft',
    controlPlane: { baseUrl: drafts.get(id).controlPlane, tunnelId: `tunnel_${'0'.repeat(32)}` },
    channels: [],
    mcp: { extraHeaders: drafts.headers(id) },
    harpoon: {},
    capture: {},
  });
}

/** Resolves when the tunnel's first poll was accepted, or with why it was not. */
function firstPoll(manager: TunnelManager, id: string, cancellation: Cancellation): Promise<TunnelError | 'accepted'> {
  return new Promise((resolve) => {
    const finish = (outcome: TunnelError | 'accepted') => {
      unsubscribe();
      stopListening();
      clearTimeout(limit);
      resolve(outcome);
    };
    const look = (snapshot: TunnelSnapshot) => {
      if (snapshot.id !== id) return;
      const { state } = snapshot;
      if (state.kind === 'connected' || state.kind === 'degraded') finish('accepted');
      else if ((state.kind === 'waiting' || state.kind === 'unauthorised') && 'error' in state) {
        finish(new TunnelError(state.error.code, state.error.leg, state.error.params));
      }
    };
    const limit = setTimeout(
      () => finish(new TunnelError('timed_out', 'control-plane', { seconds: useProofMs / 1000 })),
      useProofMs,
    );
    const unsubscribe = manager.onChange(look);
    const stopListening = cancellation.onCancel(() => finish(new TunnelError('cancelled', 'local')));
    for (const snapshot of manager.snapshots()) look(snapshot);
  });
}
