import { useEffect, useState } from 'react';
import type { CallResult } from '../../shared/ipc.ts';
import { call } from '../api.ts';

/** What other apps on this machine have set up; `undefined` while it is looked for. */
export function useCandidates(): CallResult<'candidates.list'> | undefined {
  const [found, setFound] = useState<CallResult<'candidates.list'>>();
  useEffect(() => {
    let live = true;
    void call('candidates.list').then((reply) => {
      if (live) setFound(reply.ok ? reply.value : { servers: [], problems: [reply.error] });
    });
    return () => {
      live = false;
    };
  }, []);
  return found;
}
