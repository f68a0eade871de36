import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const here = fileURLToPath(new URL('./', import.meta.url));
const twoEra = fileURLToPath(new URL('../fixtures/two-era-server.mjs', import.meta.url));

/** Each client as a command that prints the outcomes of a plan. `needsUrl`: it is for servers with an address alone. */
export function clientsIn(folder) {
  const node = (place, sdk) => (target, plan) => [
    process.execPath,
    ...[join(folder, place, 'typescript.mjs'), sdk, JSON.stringify(target), JSON.stringify(plan)],
  ];
  const python = (place, library) => (target, plan) => [
    join(folder, place, 'bin/python'),
    ...[join(here, 'clients/python.py'), library, JSON.stringify(target), JSON.stringify(plan)],
  ];
  const remote = join(folder, 'tools/node_modules/mcp-remote/dist/proxy.js');
  return [
    { name: 'TypeScript SDK 1', command: node('ts1', '1') },
    { name: 'TypeScript SDK 2', command: node('ts2', '2') },
    { name: 'TypeScript SDK 2, newer era', command: node('ts2', '2-auto') },
    { name: 'Python SDK 1', command: python('mcp1', 'mcp1') },
    { name: 'Python SDK 2', command: python('mcp2', 'mcp2') },
    { name: 'Python SDK 2, newer era', command: python('mcp2', 'mcp2-auto') },
    { name: 'FastMCP', command: python('fastmcp', 'fastmcp') },
    { name: 'OpenAI Agents SDK', command: python('agents', 'agents') },
    {
      name: 'Go SDK',
      command: (target, plan) => [join(folder, 'go/interop'), 'client', JSON.stringify(target), JSON.stringify(plan)],
    },
    {
      name: 'mcp-remote',
      needsUrl: true,
      command: ({ url }, plan) =>
        node('ts1', '1')(
          { command: [process.execPath, remote, url, '--allow-http', '--transport', 'http-only'] },
          plan,
        ),
    },
    {
      name: 'Inspector CLI',
      command: (target, plan) => [
        process.execPath,
        ...[join(here, 'clients/inspector.mjs'), join(folder, 'tools'), JSON.stringify(target), JSON.stringify(plan)],
      ],
    },
  ];
}

const text = 'grüße 世界 "quoted" \\ 9007199254740993';
const list = [null, {}];
const usual = [list, ['echo', { text }], ['fail', {}], ['nowhere', {}]];

/** Each server as a command, or as a command that listens on a port, with what its clients do there. */
export function serversIn(folder) {
  const python =
    (place, script) =>
    (...args) => [join(folder, place, 'bin/python'), join(here, 'servers', script), ...args];
  const go = (...args) => [join(folder, 'go/interop'), ...args];
  const stdio = (name, command, plan) => ({ name: `${name}, stdio`, command, plan });
  const http = (name, kind, command, plan) => ({ name: `${name}, ${kind}`, listen: command, plan });
  const asking = [...usual, ['ask', {}]];
  const all = [...asking, ['count', {}]];
  const [fast, mcp1, mcp2] = [python('fastmcp', 'fast.py'), python('mcp1', 'mcp1.py'), python('mcp2', 'mcp2.py')];
  const conforming = [list, ['test_simple_text', {}], ['test_error_handling', {}], ['test_tool_with_progress', {}]];
  const time = ['convert_time', { source_timezone: 'UTC', time: '12:00', target_timezone: 'Asia/Tokyo' }];
  return [
    stdio('TypeScript SDK 2', [process.execPath, twoEra], conforming),
    stdio('FastMCP', fast('stdio'), all),
    http('FastMCP', 'stateful', (port) => fast('http', `${port}`), all),
    http('FastMCP', 'stateless', (port) => fast('stateless', `${port}`), [...usual, ['count', {}]]),
    stdio('Python SDK 1', mcp1('stdio'), all),
    http('Python SDK 1', 'stateful', (port) => mcp1('http', `${port}`), all),
    http('Python SDK 1', 'stateless', (port) => mcp1('stateless', `${port}`), [...usual, ['count', {}]]),
    stdio('mcp-server-time', [join(folder, 'mcp1/bin/mcp-server-time')], [list, time]),
    stdio('Python SDK 2', mcp2('stdio'), usual),
    http('Python SDK 2', 'both eras', (port) => mcp2('http', `${port}`), usual),
    stdio('Go SDK', go('stdio'), asking),
    http('Go SDK', 'stateful', (port) => go('http', `${port}`), asking),
    http('Go SDK', 'stateless', (port) => go('stateless', `${port}`), usual),
  ];
}
