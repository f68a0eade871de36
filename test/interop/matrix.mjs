import { writeFileSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import { go, npm, python } from './versions.mjs';

const page = fileURLToPath(new URL('../../docs/interop.md', import.meta.url));

const mark = (same) => (same === undefined ? '–' : same ? '=' : '≠');

/** Writes docs/interop.md. `results`: whether a pair is the same, by server and client; `listed`: the reason of each known difference, by `CLIENT and SERVER`. */
export function writeMatrix(results, servers, clients, listed) {
  const table = [
    ['server', ...clients.map(({ name }) => name)],
    ['---', ...clients.map(() => ':-:')],
    ...servers.map((server) => [server.name, ...clients.map(({ name }) => mark(results[server.name]?.[name]))]),
  ];
  const differences = Object.entries(listed).map(([pair, reason]) => `- **${pair}**: ${reason}`);
  const versions = [
    ...Object.values(npm).flatMap((each) => Object.entries(each).map(([name, version]) => `${name} ${version}`)),
    ...Object.values(python)
      .flat()
      .map((each) => each.replace('==', ' ')),
    ...Object.entries(go).map(([name, version]) => `${name} ${version}`),
  ];
  const text = [
    '# Clients and servers in the field',
    '',
    'Each client lists the tools of each server, calls them, calls one that fails and one that is not there; where the server can, it asks',
    'its client something during a call, and reports progress. Once directly, once through relay and tunnel. `=` says that the client got the',
    'very same, `≠` that it did not, `–` that the pair does not exist. `npm run interop -- --write` renews this page.',
    '',
    ...table.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '## Differences',
    '',
    ...(differences.length === 0 ? ['None.'] : differences),
    '',
    '## Versions',
    '',
    versions.map((each) => `\`${each}\``).join(', '),
    '',
  ];
  writeFileSync(page, text.join('\n'));
}
