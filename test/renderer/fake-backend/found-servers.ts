import type { Candidate } from '../../../shared/draft.ts';

const base = {
  kind: 'stdio',
  envNames: [],
  headerNames: [],
  secrets: 0,
  disabled: false,
  unusable: false,
  dropped: [],
} as const satisfies Partial<Candidate>;

/** What a usual machine has. */
export const usualServers: readonly Candidate[] = [
  {
    ...base,
    id: 'c1',
    source: 'claude-desktop',
    file: '/home/you/.config/Claude/claude_desktop_config.json',
    name: 'crm',
    target: 'uv run server.py --read-only',
    cwd: '/home/you/crm',
    envNames: ['CRM_URL', 'CRM_TOKEN'],
    secrets: 1,
  },
  {
    ...base,
    id: 'c2',
    source: 'cursor',
    file: '/home/you/.cursor/mcp.json',
    name: 'postgres',
    target: 'npx -y @modelcontextprotocol/server-postgres',
    envNames: ['PG_DSN'],
    secrets: 1,
    dropped: [
      { code: 'env-file', name: '/home/you/projects/.env' },
      { code: 'sign-in', name: 'auth' },
    ],
  },
  {
    ...base,
    id: 'c3',
    source: 'vscode',
    file: '/home/you/.config/Code/User/mcp.json',
    name: 'docs',
    target: 'http://127.0.0.1:7311/mcp',
    kind: 'http',
    headerNames: ['Authorization'],
    dropped: [
      { code: 'value', name: 'Authorization', detail: '${input:docs-token} (“Token of the docs server”)' },
      { code: 'sign-in', name: 'oauth' },
    ],
  },
  {
    ...base,
    id: 'c4',
    source: 'windsurf',
    file: '/home/you/.codeium/windsurf/mcp_config.json',
    name: 'github',
    target: 'npx -y @modelcontextprotocol/server-github',
    envNames: ['GITHUB_PERSONAL_ACCESS_TOKEN'],
    secrets: 1,
    disabled: true,
    dropped: [{ code: 'tool-filter', name: 'disabledTools' }],
  },
  {
    ...base,
    id: 'c5',
    source: 'claude-code',
    file: '/home/you/.claude.json',
    name: 'events',
    target: 'wss://events.example.com/mcp',
    kind: 'http',
    unusable: true,
    dropped: [{ code: 'transport', name: 'WebSocket' }],
  },
];

const sources = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'codex'] as const;
const deep = '/home/you/projects/customers/northern-region/2026/integration-platform/services';

/** Forty, some with names and paths that do not fit. */
export const manyServers: readonly Candidate[] = Array.from({ length: 40 }, (_, n) => ({
  ...base,
  id: `m${n}`,
  source: sources[Math.floor(n / 8)] ?? 'codex',
  file:
    n < 8
      ? '/Users/a-person-with-a-long-name/Library/Application Support/Claude/claude_desktop_config.json'
      : `${deep}/.mcp-${Math.floor(n / 8)}.json`,
  name: n % 7 === 3 ? `integration-platform-customer-reporting-server-for-northern-region-${n}` : `server-${n + 1}`,
  target:
    n % 5 === 2
      ? `https://mcp-${n}.internal.example.com/v1/customers/reports/mcp`
      : `node ${deep}/reporting/dist/index.js --region north --verbose --port ${7000 + n}`,
  kind: n % 5 === 2 ? 'http' : 'stdio',
  secrets: n % 3,
  disabled: n % 11 === 5,
  dropped: n % 6 === 1 ? [{ code: 'time-limit', name: 'startup_timeout_sec' } as const] : [],
}));
