import { useCallback, useEffect, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Reply } from '../../shared/ipc.ts';
import type { AdminKeyState, ControlPlaneAt, ManagedTunnel, TunnelScope } from '../../shared/managed-tunnel.ts';
import { call, run } from '../api.ts';
import { getState } from '../store.ts';
import { sorted } from './tunnel-words.ts';

export interface TunnelsHandle {
  readonly at: ControlPlaneAt;
  /** Undefined while it is being asked for, and for an address that is none. */
  readonly key: AdminKeyState | undefined;
  readonly scope: TunnelScope | undefined;
  /** The last list that came, whatever happened since. */
  readonly tunnels: readonly ManagedTunnel[] | undefined;
  readonly loading: boolean;
  readonly error: TunnelErrorData | undefined;
  /** With a new key if one is given. True when the list came. */
  readonly open: (key: string, scope: TunnelScope) => Promise<boolean>;
  readonly refresh: () => Promise<void>;
  /** One tunnel as it is now. */
  readonly get: (id: string) => Promise<Reply<ManagedTunnel>>;
  readonly giveKey: (key: string) => Promise<TunnelErrorData | undefined>;
  readonly forgetKey: () => Promise<void>;
  readonly put: (tunnel: ManagedTunnel) => void;
  readonly drop: (id: string) => void;
}

/** The tunnels of one control plane as far as they are known here; with a kept key and a known owner they are asked for at once. */
export function useTunnels(at: ControlPlaneAt): TunnelsHandle {
  const [key, setKey] = useState<AdminKeyState>();
  const [scope, setScope] = useState<TunnelScope>();
  const [tunnels, setTunnels] = useState<readonly ManagedTunnel[]>();
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<TunnelErrorData>();
  const latest = useRef(0);
  const where = JSON.stringify(at);

  const list = useCallback(
    async (of: TunnelScope): Promise<boolean> => {
      const mine = ++latest.current;
      setLoading(true);
      setError(undefined);
      const reply = await call('management.list', { at: JSON.parse(where) as ControlPlaneAt, scope: of });
      if (mine !== latest.current) return false;
      setLoading(false);
      if (reply.ok) setTunnels(sorted(reply.value));
      else setError(reply.error);
      return reply.ok;
    },
    [where],
  );

  useEffect(() => {
    let live = true;
    const mine = ++latest.current;
    const isWanted = (): boolean => live && mine === latest.current;
    void (async () => {
      setKey(undefined);
      setTunnels(undefined);
      setError(undefined);
      setLoading(true);
      const reply = await call('management.keyState', { at: JSON.parse(where) as ControlPlaneAt });
      if (!isWanted()) return;
      if (!reply.ok) {
        setError(reply.error);
        setLoading(false);
        return;
      }
      const known = getState().app?.settings.tunnelScopes[reply.value.origin];
      setScope(known);
      setKey(reply.value);
      if (reply.value.kept !== 'none' && known) await list(known);
      else setLoading(false);
    })();
    return () => {
      live = false;
    };
  }, [where, list]);

  const giveKey = useCallback(
    async (value: string): Promise<TunnelErrorData | undefined> => {
      const reply = await call('management.setKey', { at: JSON.parse(where) as ControlPlaneAt, key: value });
      if (!reply.ok) return reply.error;
      setKey(reply.value);
      return undefined;
    },
    [where],
  );

  const get = useCallback(
    (id: string) => call('management.get', { at: JSON.parse(where) as ControlPlaneAt, id }),
    [where],
  );

  const open = async (value: string, of: TunnelScope): Promise<boolean> => {
    if (value !== '') {
      const refused = await giveKey(value);
      if (refused) {
        setError(refused);
        return false;
      }
    }
    const changed = JSON.stringify(of) !== JSON.stringify(scope);
    if (changed) setTunnels(undefined);
    setScope(of);
    const origin = key?.origin;
    const known = getState().app?.settings.tunnelScopes ?? {};
    if (origin !== undefined && JSON.stringify(known[origin]) !== JSON.stringify(of))
      void run('settings.set', { tunnelScopes: { ...known, [origin]: of } });
    return list(of);
  };

  return {
    at,
    key,
    scope,
    tunnels,
    loading,
    error,
    open,
    get,
    refresh: async () => {
      if (scope) await list(scope);
    },
    giveKey,
    forgetKey: async () => {
      const state = await run('management.forgetKey', { at });
      if (!state) return;
      latest.current++;
      setKey(state);
      setTunnels(undefined);
      setError(undefined);
    },
    put: (tunnel) => setTunnels((before = []) => sorted([...before.filter(({ id }) => id !== tunnel.id), tunnel])),
    drop: (gone) => setTunnels((before) => before?.filter(({ id }) => id !== gone)),
  };
}
