import { channelNamePattern } from './names.ts';
import { trimmedOf } from './trim.ts';

/** Calls that name no channel go there. */
export const mainChannel = 'main';

/** Reserved for Harpoon itself. */
const reserved = 'harpoon';

export const isChannelName = (name: string): boolean => channelNamePattern.test(name) && name !== reserved;

const slug = (name: string): string =>
  trimmedOf(name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-'), '-').slice(0, 56) || 'server';

/** Names for new channels after those of their servers: the first is `main` while there is none, and no name comes twice. */
export function channelNamesFor(servers: readonly string[], taken: Iterable<string> = []): string[] {
  const used = new Set([...taken, reserved]);
  return servers.map((server) => {
    const wanted = used.has(mainChannel) ? slug(server) : mainChannel;
    let name = wanted;
    for (let n = 2; used.has(name); n++) name = `${wanted}-${n}`;
    used.add(name);
    return name;
  });
}
