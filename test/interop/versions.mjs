/** What is installed, and nothing else: a row of the matrix is true for these versions. */
export const npm = {
  ts1: { '@modelcontextprotocol/sdk': '1.32.2', zod: '3.25.76' },
  ts2: { '@modelcontextprotocol/client': '2.4.0' },
  tools: { 'mcp-remote': '0.15.1', '@modelcontextprotocol/inspector': '2.12.0' },
};

export const python = {
  mcp1: ['mcp==1.30.0', 'mcp-server-time==2026.10.10'],
  mcp2: ['mcp==2.3.0'],
  fastmcp: ['fastmcp==4.2.3'],
  agents: ['openai-agents==0.24.0'],
};

export const go = { 'github.com/modelcontextprotocol/go-sdk': '1.8.0' };
