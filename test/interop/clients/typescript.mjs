// The official TypeScript SDKs: node typescript.mjs SDK TARGET PLAN; SDK is 1, 2 or 2-auto. Prints the outcome of each step.
const [sdk, target, plan] = [process.argv[2], JSON.parse(process.argv[3]), JSON.parse(process.argv[4])];
const info = { name: `typescript-${sdk}`, version: '1' };

async function parts() {
  if (sdk === '1') {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    return { client: new Client(info), StreamableHTTPClientTransport, StdioClientTransport };
  }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const mode = sdk === '2-auto' ? 'auto' : 'legacy';
  return {
    client: new Client(info, { versionNegotiation: { mode } }),
    StreamableHTTPClientTransport,
    StdioClientTransport,
  };
}

const { client, StreamableHTTPClientTransport, StdioClientTransport } = await parts();
const [command, ...args] = target.command ?? [];
const transport =
  target.url === undefined
    ? new StdioClientTransport({ command, args, stderr: 'ignore', env: process.env })
    : new StreamableHTTPClientTransport(new URL(target.url));
const outcomes = [];
await client.connect(transport);
for (const [name, given] of plan) {
  try {
    if (name === undefined || name === null) {
      outcomes.push((await client.listTools()).tools.map((tool) => tool.name).sort());
      continue;
    }
    const { content, isError } = await client.callTool({ name, arguments: given });
    outcomes.push({ text: content.map(({ text }) => text ?? '').join(''), isError: isError === true });
  } catch (error) {
    outcomes.push({ refused: error.code ?? error.name });
  }
}
console.log(JSON.stringify(outcomes));
await client.close().catch(() => undefined);
process.exit(0);
