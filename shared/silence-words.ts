import type { TunnelSnapshot } from './tunnel.ts';
import type { Words } from './words.ts';

type Silence = NonNullable<TunnelSnapshot['silence']>;

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;

/** Why Culvert thinks that calls get lost before they come, or answers after they went, with the evidence. */
export function describeSilence(silence: Silence): Words {
  const next =
    'Culvert has renewed its connections. If it lasts, restart the tunnel, and look at proxies on the route and at the connector in the calling product.';
  if (silence.kind === 'repeats')
    return {
      title: `A caller of channel ${silence.channel} does not seem to get its answers`,
      cause: `${silence.method} was answered ${silence.times} times within ${minutes(silence.withinMs)}, and it asked for nothing else.`,
      next,
    };
  return {
    title: `Channel ${silence.channel} has gone silent`,
    cause: `It has had no call for ${minutes(silence.silentMs)}, where one came at least every ${minutes(silence.rhythmMs)}; meanwhile ${silence.others} commands came for others.`,
    next,
  };
}
