import { plural } from '../format.ts';

export const importStrings = {
  searching: 'Looking in the settings of other apps…',
  none: 'No server was found',
  noneSay:
    'Nothing is set up in Claude Desktop, Claude Code, Cursor, VS Code, Windsurf or Codex on this machine. A server can still be given by its command or URL.',
  found: 'Servers that other apps here have set up',
  say: 'Pick one or several. Each becomes a channel of the tunnel; nothing runs before you agreed to it.',
  search: 'Search servers',
  searchPlaceholder: 'Name, command, address or app',
  noMatch: (text: string) => `No server matches “${text}”.`,
  total: (n: number) => plural(n, 'server', 'servers'),
  chosen: (n: number, names: string) => `${n} picked: ${names}`,
  disabled: (app: string) => `off in ${app}`,
  unusable: 'cannot be used',
  taken: 'picked already',
  dropped: (n: number) => `${n} not carried over`,
  secrets: (n: number) => plural(n, 'secret', 'secrets'),
  unreadable: 'The settings of an app cannot be read.',
  notCarried: 'Not carried over',
  notCarriedMore: (n: number) => (n === 1 ? 'One thing needs you.' : `${n} things need you.`),
  ofServer: (name: string, app: string) => `${name}, from ${app}`,
  dialog: {
    title: 'Servers of other apps',
    profile: 'Set up as a tunnel',
    channels: (n: number) => (n > 1 ? `Add as ${n} channels` : 'Add as a channel'),
    added: (channels: string) => `Added: ${channels}`,
    addedMore: 'They are in the form; save to keep them. Each command asks before it first runs.',
    addedDropped: (what: string) => `Not carried over: ${what}`,
  },
} as const;
