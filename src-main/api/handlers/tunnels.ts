import type { Handlers } from '../../../shared/ipc.ts';
import type { TunnelControl } from '../tunnel-control.ts';

type Calls =
  'tunnels.start' | 'tunnels.stop' | 'tunnels.startAll' | 'tunnels.stopAll' | 'tunnels.pause' | 'tunnels.retry';

export function tunnelHandlers(control: TunnelControl, profileIds: () => readonly string[]): Pick<Handlers, Calls> {
  return {
    'tunnels.start': ({ id }) => control.start(id),
    'tunnels.stop': ({ id }) => control.stop(id),
    'tunnels.startAll': () => control.startAll(profileIds()),
    'tunnels.stopAll': () => control.stopAll(),
    'tunnels.pause': ({ id, minutes }) => control.pause(id, minutes),
    'tunnels.retry': ({ id }) => control.nudge(id),
  };
}
