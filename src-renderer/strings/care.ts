import { count, plural } from '../format.ts';

export const doctorStrings = {
  say: {
    never: 'It proves things rather than checking that they are configured.',
    running: (done: number, all: number) => `Checking, ${done} of ${all} done.`,
    done: (bad: number, doubtful: number, proved: number, leftOut: number) => {
      const without = leftOut === 0 ? '.' : `, ${count(leftOut)} left out.`;
      const ran = plural(bad + doubtful + proved, 'check', 'checks');
      if (bad + doubtful === 0) return `${leftOut === 0 ? 'All ' : ''}${ran} passed${without}`;
      const found = [
        bad > 0 ? plural(bad, 'finding', 'findings') : '',
        doubtful > 0 ? plural(doubtful, 'doubt', 'doubts') : '',
      ].filter((part) => part !== '');
      return `${found.join(', ')} in ${ran}${without}`;
    },
    cancelled: 'Stopped before it was done.',
  },
  scope: 'What to check',
  everything: 'Everything',
  run: 'Run doctor',
  runAgain: 'Run again',
  stop: 'Stop',
  copy: 'Copy report',
  checks: 'Checks',
  machine: 'This machine',
  sum: {
    running: (done: number, all: number) => `Checking, ${done} of ${all} done`,
    bad: (first: string, n: number) =>
      `Look first at: ${first}${n > 1 ? `. ${plural(n, 'finding', 'findings')} in all` : ''}`,
    doubtful: (first: string, n: number) => `To look at: ${first}${n > 1 ? ` and ${count(n - 1)} more` : ''}`,
    well: (proved: number, out: number) => `${count(proved)} proved${out > 0 ? `, ${count(out)} left out` : ''}`,
  },
  why: 'Why this matters',
  states: {
    pending: 'not yet',
    running: 'checking',
    pass: 'proved',
    warn: 'doubtful',
    fail: 'failed',
    skip: 'left out',
  },
  empty: {
    title: 'Not run yet',
    say: 'The doctor looks up names, opens connections, checks certificates, uses the key and starts the servers, as a call would, and says what it saw.',
  },
  fix: 'Fix it',
  fixTitle: 'What will change',
  fixFile: 'The old text stays beside the file, as .bak:',
  fixBefore: 'Now',
  fixAfter: 'Then',
  apply: 'Change it',
  applied: 'Changed. What stands on it is looked at again.',
} as const;

export const logStrings = {
  say: (n: number) => plural(n, 'line', 'lines'),
  level: 'What is logged',
  levelSay: 'Level',
  levels: { trace: 'Everything', debug: 'Debug', info: 'Info', warn: 'Warnings', error: 'Errors' },
  filter: 'Filter the lines',
  filterPlaceholder: 'Words that a line has to have',
  follow: 'Follow',
  copy: 'Copy',
  dropped: (n: number) => `${count(n)} lines were too many to show.`,
  list: 'Log lines, oldest first',
  empty: {
    title: 'Nothing logged yet',
    say: 'What Culvert does is written here as it happens. Keys and headers never are.',
  },
  none: { title: 'No line matches', say: 'Use fewer words, or a lower level.' },
  clear: 'Clear the filter',
} as const;

export const settingsStrings = {
  look: 'Look',
  theme: 'Theme',
  start: 'Start',
  startAtLogin: 'Start Culvert when you log in',
  startAtLoginSay: 'It starts hidden, in the tray, and brings up the tunnels that start with it.',
  startHidden: 'Start without a window',
  startHiddenSay: 'The tray opens it.',
  tray: {
    shown: 'Closing the window keeps the tunnels running. Culvert stays in the tray.',
    'no-host': 'This desktop has no place for tray icons. Closing the window minimises it; the tunnels keep running.',
    none: '',
  },
  notifications: 'Notifications',
  kinds: {
    lost: 'A tunnel has lost its connection for a while',
    keyRefused: 'A key or a tunnel is refused',
    crashLoop: 'A server keeps exiting',
    recovered: 'A tunnel works again',
    certificate: 'A certificate ends soon',
  },
  traces: 'Traces',
  budget: 'Memory for bodies, in MiB',
  budgetSay:
    'Calls and their bodies are kept in memory only. When it is full, the oldest bodies go first and their rows stay.',
  secrets: 'Secrets',
  keychain: {
    keychain: 'Kept in the keychain of this system.',
    'safe-storage': 'Kept in a file that this system encrypts. A headless Culvert cannot read them.',
    none: 'There is no keychain here. Profiles can refer to secrets as env:NAME or file:/path.',
  },
  browser: 'In a browser',
  browserSay: 'The same pages, on this machine only. The address works once; the browser then has a session.',
  browserOpen: 'Copy an address',
  browserRevoke: 'End all browser sessions',
  browserRevoked: 'All browser sessions are ended',
  help: 'Help',
  bundle: 'Save a support bundle',
  bundleSay: 'Versions, settings, states and logs in one file, without keys, headers or bodies.',
  diagnostics: 'Copy diagnostics',
  about: 'About Culvert',
  aboutSay: (version: string) => `Version ${version}`,
  versions: {
    app: 'Culvert',
    wireProtocol: 'Wire protocol',
    node: 'Node.js',
    electron: 'Electron',
    chrome: 'Chromium',
  },
  aboutIs: 'The desktop client for Secure MCP Tunnel. Apache-2.0.',
  licences: 'Licences of what it is made of',
  licencesFilter: 'Filter the licences',
  links: { guide: 'Guide to Secure MCP Tunnel', status: 'Status of the control plane' },
} as const;
