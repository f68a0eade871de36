import { msg } from '../message.ts';

export const importStrings = {
  searching: 'Searching the settings of other apps…',
  none: 'No server was found',
  noneSay:
    'Nothing is set up in Claude Desktop, Claude Code, Cursor, VS Code, Windsurf or Codex on this machine. A server can still be given by its command or URL.',
  found: 'Servers that other apps here have set up',
  say: 'Pick one or several. Each becomes a channel of the tunnel; nothing runs before you agreed to it.',
  search: 'Search servers',
  searchPlaceholder: 'Name, command, address or app',
  noMatch: msg<[text: string]>('No server matches “{0}”.'),
  total: msg<[n: number]>('{0, plural, one {# server} other {# servers}}'),
  chosen: msg<[n: number, names: string]>('{0, number} picked: {1}'),
  disabled: msg<[app: string]>('off in {0}'),
  unusable: 'cannot be used',
  taken: 'picked already',
  dropped: msg<[n: number]>('{0, number} not carried over'),
  secrets: msg<[n: number]>('{0, plural, one {# secret} other {# secrets}}'),
  unreadable: 'The settings of an app cannot be read.',
  notCarried: 'Not carried over',
  notCarriedMore: msg<[n: number]>('{0, plural, one {One thing needs you.} other {{0, number} things need you.}}'),
  ofServer: msg<[name: string, app: string]>('{0}, from {1}'),
  dialog: {
    title: 'Servers of other apps',
    profile: 'Set up as a tunnel',
    channels: msg<[n: number]>(
      '{0, plural, =0 {Add as a channel} =1 {Add as a channel} other {Add as {0, number} channels}}',
    ),
    added: msg<[channels: string]>('Added: {0}'),
    addedMore: 'They are in the form; save to keep them. Each command asks before it first runs.',
    addedDropped: msg<[what: string]>('Not carried over: {0}'),
  },
} as const;
