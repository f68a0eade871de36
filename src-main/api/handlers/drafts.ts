import { TunnelError } from '../../../shared/errors.ts';
import type { Evidence, ProbeResult } from '../../../shared/evidence.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import { layerOf } from '../../../shared/error-layer.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { Approvals } from '../../approvals/approvals.ts';
import { KeyUse } from '../../diagnosis/key-use.ts';
import type { Probes } from '../../diagnosis/probes.ts';
import { controlPlaneAlone } from '../../profiles/control-plane-alone.ts';
import type { Candidates } from '../../imports/candidates.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import type { SecretStore } from '../../secrets/secret-store.ts';
import { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import type { TunnelManager } from '../../tunnel/tunnel-manager.ts';
import type { DraftStore } from '../../drafts/draft-store.ts';
import type { NewTunnels } from '../../drafts/new-tunnels.ts';
import { waitUntilUsable, type Patience } from '../../drafts/wait-until-usable.ts';
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
  /** Tunnels that were created here moments ago. */
  readonly newTunnels: NewTunnels;
  readonly clock: Clock;
  readonly candidates: Candidates;
}

export function draftHandlers(services: DraftServices): Pick<Handlers, Calls> {
  const { drafts, approvals, probes, manager, store, list, secretStore, newTunnels, clock, candidates } = services;
  const running = new Map<string, Map<string, Cancellation>>();

  /** One probe of a server, or of tunnel and key, at a time: a new one ends the one before. */
  const probing = async (
    id: string,
    { probe, key }: { readonly probe: Probe; readonly key?: string },
    caller: Caller,
    run: (tell: (evidence: Evidence) => void, cancellation: Cancellation) => Promise<ProbeResult>,
  ): Promise<ProbeResult> => {
    const ofDraft = running.get(id) ?? new Map<string, Cancellation>();
    running.set(id, ofDraft);
    const subject = key ?? 'tunnel';
    ofDraft.get(subject)?.cancel('cancelled');
    const cancellation = new Cancellation();
    ofDraft.set(subject, cancellation);
    const tell = (evidence: Evidence) =>
      caller.send('draft.evidence', { id, probe, evidence, ...(key === undefined ? {} : { key }) });
    try {
      return await run(tell, cancellation);
    } finally {
      if (ofDraft.get(subject) === cancellation) ofDraft.delete(subject);
      if (ofDraft.size === 0) running.delete(id);
    }
  };

  /** Tries again where time alone may help: a new tunnel is always given it, anything else when a person says so. */
  const waiting = async (
    { id, controlPlane }: Profile,
    asked: Patience['why'] | undefined,
    caller: Caller,
    cancellation: Cancellation,
    attempt: () => Promise<TunnelError | undefined>,
  ): Promise<TunnelError | undefined> => {
    const ageMs = newTunnels.ageMs(controlPlane.tunnelId);
    const known: Patience | undefined = ageMs === undefined ? undefined : { why: 'new-tunnel', ageMs };
    const patience: Patience | undefined = asked ? { why: asked, ageMs: 0 } : known;
    // nobody would see the end of it
    if (patience) caller.onGone(() => cancellation.cancel('cancelled'));
    return waitUntilUsable({
      attempt,
      patience,
      clock,
      cancellation,
      tell: (wait) => caller.send('draft.waiting', { id, ...(wait ? { wait } : {}) }),
    });
  };

  const cancelAll = (id: string): void => {
    for (const cancellation of running.get(id)?.values() ?? []) cancellation.cancel('cancelled');
  };

  return {
    'drafts.create': ({ candidates: ids }) => (ids ? candidates.draft(ids, drafts) : drafts.create()),
    'drafts.add': ({ id, candidates: ids }) => candidates.add(id, ids, drafts),
    'drafts.get': ({ id }) => drafts.get(id),
    'drafts.update': ({ id, patch }) => drafts.update(id, patch),
    'drafts.describe': ({ id, key }) => {
      const channel = drafts.channel(id, key);
      return approvals.describe(id, channel.name, channel.kind === 'stdio' ? channel : { command: '', env: {} });
    },
    'drafts.approve': async ({ id, key, hash }) => {
      const channel = drafts.channel(id, key);
      if (channel.kind === 'stdio') await approvals.approve(id, channel.name, channel, hash);
    },
    'drafts.probeServer': ({ id, key }, caller) =>
      probing(id, { probe: 'server', key }, caller, async (tell, cancellation) => {
        const channel = drafts.channel(id, key);
        if (channel.kind === 'stdio') {
          const { approved, error } = await approvals.describe(id, channel.name, channel);
          if (!approved && !error) {
            throw new TunnelError('command_not_approved', 'mcp-server', { channel: channel.name });
          }
        }
        return probes.server(channel, bare(drafts, id), tell, cancellation);
      }),
    'drafts.probeControlPlane': ({ id, patience }, caller) =>
      probing(id, { probe: 'control-plane' }, caller, async (tell, cancellation) => {
        const profile = drafts.profile(id);
        let found: ProbeResult = { evidence: [] };
        const error = await waiting(profile, patience, caller, cancellation, async () => {
          found = await probes.controlPlane(profile, () => undefined, cancellation);
          const failed = found.evidence.find(({ outcome }) => outcome === 'fail')?.error;
          return failed && new TunnelError(failed.code, failed.leg, failed.params);
        });
        const evidence = found.evidence.map((each) =>
          each.outcome === 'fail' && error ? { ...each, error: error.toJSON() } : each,
        );
        for (const each of evidence) tell(each);
        return { ...found, evidence };
      }),
    'drafts.probeKey': ({ id, patience }, caller) =>
      probing(id, { probe: 'key' }, caller, async (tell, cancellation) => {
        const profile = drafts.profile(id);
        await approvals.require(profile);
        const begun = Date.now();
        const started = performance.now();
        const use = new KeyUse(manager, profile, clock, cancellation);
        const error = await waiting(profile, patience, caller, cancellation, () => use.attempt());
        const evidence: Evidence = {
          step: 'key.use',
          outcome: error ? 'fail' : 'pass',
          layer: error ? layerOf(error) : 'control-plane',
          at: begun,
          ms: Math.round(performance.now() - started),
          facts: { tunnelId: profile.controlPlane.tunnelId },
          ...(error ? { error: error.toJSON() } : {}),
        };
        tell(evidence);
        return { evidence: [evidence] };
      }),
    'drafts.cancelProbe': ({ id }) => cancelAll(id),
    'drafts.adopt': async ({ id }) => {
      const profile = drafts.profile(id);
      const made = await drafts.keepSecretsWhile(id, secretStore, () => store.create(profile.name, profile, id));
      drafts.discard(id);
      await list.refresh();
      return made;
    },
    'drafts.discard': async ({ id }) => {
      cancelAll(id);
      drafts.discard(id);
      await manager.stop(id);
    },
  };
}

/** What a server probe needs of a profile before tunnel and key are known. */
function bare(drafts: DraftStore, id: string): Profile {
  return controlPlaneAlone(drafts.get(id).controlPlane, { id });
}
