/** The only addresses that are ever opened in a browser. A renderer names one by its key. */
export const links = {
  tunnels: 'https://platform.openai.com/settings/organization/tunnels',
  'api-keys': 'https://platform.openai.com/settings/organization/api-keys',
  'admin-keys': 'https://platform.openai.com/settings/organization/admin-keys',
  roles: 'https://platform.openai.com/settings/organization/people/roles',
  'tunnel-guide': 'https://developers.openai.com/api/docs/guides/secure-mcp-tunnels',
  'chatgpt-connectors': 'https://chatgpt.com/#settings/Connectors',
  'codex-guide': 'https://developers.openai.com/codex/extend/mcp',
  'connectors-guide': 'https://developers.openai.com/api/docs/guides/tools-connectors-mcp',
  'mcp-guide': 'https://modelcontextprotocol.io/docs/getting-started/intro',
  status: 'https://status.openai.com',
} as const;

export type LinkKey = keyof typeof links;
export const linkKeys = Object.keys(links) as [LinkKey, ...LinkKey[]];
