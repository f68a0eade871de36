import { createServer } from 'node:http';
import fc from 'fast-check';
import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { GraphqlOperations } from '../../src-main/harpoon/graphql/operations.ts';
import { loadProfileText } from '../../src-main/profiles/load.ts';
import { listen } from '../support/network.ts';
import { rig } from './rig.ts';

const issue =
  'query Issue($id: ID!, $first: Int = 5, $labels: [String!]) { issue(id: $id) { ...parts } } fragment parts on Issue { title, labels(first: $first, names: $labels) { name } }';

it.each([
  ['no GraphQL', 'query {', /no GraphQL/],
  ['an operation without a name', '{ a }', /needs a name/],
  ['two operations', 'query A { a } query B { b }', /one operation/],
  ['a type', 'query A { a } type T { x: Int }', /one operation/],
  ['a subscription', 'subscription A { a }', /subscriptions/],
  ['introspection', 'query A { a { __schema { types { name } } } }', /introspection/],
  ['introspection by another name', 'query A { t: __type(name: "x") { name } }', /introspection/],
  [
    'introspection in a fragment',
    'query A { ...f } fragment f on Query { __schema { queryType { name } } }',
    /introspection/,
  ],
  ['a fragment that is not there', 'query A { ...f }', /no fragment f/],
  [
    'a fragment that contains itself',
    'query A { ...f } fragment f on Q { ...g } fragment g on Q { ...f }',
    /contains itself/,
  ],
  ['depth', `query A ${'{ a '.repeat(9)}${'}'.repeat(9)}`, /levels deep/],
  ['cost', `query A { ${Array.from({ length: 201 }, (_, at) => `a${at}`).join(' ')} }`, /more than 200/],
  [
    'fragments that double',
    `query A { ...f0 } ${Array.from({ length: 40 }, (_, at) => `fragment f${at} on Q { ...f${at + 1} ...f${at + 1} }`).join(' ')} fragment f40 on Q { a }`,
    /more than 200/,
  ],
  ['a variable that cannot be checked', 'query A($x: Filter) { a(x: $x) }', /not Filter/],
])('an operation with %s is refused', (_, document, reason) => {
  expect(() => new GraphqlOperations([document])).toThrow(reason);
});

it('two operations of one name are refused', () => {
  expect(() => new GraphqlOperations(['query A { a }', 'query A { b }'])).toThrow(/same name/);
});

it.each<[string, Record<string, unknown>, boolean]>([
  ['all', { id: 'x', first: 3, labels: ['a'] }, true],
  ['what is required', { id: 'x' }, true],
  ['null where it may be', { id: 'x', labels: null }, true],
  ['none', {}, false],
  ['null where it may not be', { id: null }, false],
  ['a number for a text', { id: 7 }, false],
  ['a text for a number', { id: 'x', first: '3' }, false],
  ['half a number', { id: 'x', first: 0.5 }, false],
  ['a number that is too large', { id: 'x', first: 2 ** 31 }, false],
  ['null in a list of none', { id: 'x', labels: [null] }, false],
  ['an object', { id: { toString: 'x' } }, false],
  ['one that is unknown', { id: 'x', other: 1 }, false],
  ['a long list', { id: 'x', labels: Array.from({ length: 101 }, () => 'a') }, false],
  ['a long text', { id: 'x'.repeat(5_000) }, false],
])('variables: %s', (_, variables, isGood) => {
  const operations = new GraphqlOperations([issue]);
  if (isGood)
    expect(JSON.parse(operations.body('Issue', variables))).toMatchObject({ operationName: 'Issue', variables });
  else expect(() => operations.body('Issue', variables)).toThrow(/variable/);
});

it('whatever a caller gives, the document is the one that is listed', () => {
  const operations = new GraphqlOperations([issue]);
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (name, variables) => {
      let body: string;
      try {
        body = operations.body(name, variables);
      } catch {
        return;
      }
      const sent = JSON.parse(body) as { query: string };
      expect(parse(sent.query, { noLocation: true })).toEqual(parse(issue, { noLocation: true }));
    }),
  );
  expect(() => operations.body('__proto__', {})).toThrow('unknown operation');
});

const settings = (url: string): string => `
config_version: 2
control_plane: { tunnel_id: tunnel_${'a'.repeat(32)}, api_key: env:KEY, poll_channels: [harpoon] }
harpoon:
  allow_plaintext_http: true
  targets:
    - { label: issues, url: ${url}/graphql }
    - { label: away, url: ${url}/away }
culvert:
  harpoon_targets:
    issues:
      graphql:
        operations: ['${issue}']
`;

it('a caller runs listed operations by name, and has no other way to the target', async () => {
  const bodies: string[] = [];
  const url = await listen(
    createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.url === '/away') {
          response.writeHead(307, { location: '/graphql' }).end();
          return;
        }
        bodies.push(`${request.method ?? ''} ${request.headers['content-type'] ?? ''} ${body}`);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{}}');
      });
    }),
  );
  const { call, ask } = await rig(settings(url.origin));
  const tools = (await ask('tools/list')) as { result: { tools: { name: string }[] } };
  expect(tools.result.tools.map(({ name }) => name)).toContain('graphql_callout');
  const listed = await call('list_targets', {});
  expect(JSON.stringify(listed.structured)).toContain('"name":"Issue"');
  expect(JSON.stringify(listed.structured)).not.toContain(url.host);

  const done = await call('graphql_callout', { target: 'issues', operation: 'Issue', variables: { id: 'x' } });
  expect(done.structured.status_code).toBe(200);
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatch(/^POST application\/json \{"query":"query Issue/);

  const other = '{"query":"mutation { drop }"}';
  for (const [tool, args, reason] of [
    ['call_target', { label: 'issues', method: 'POST', body: other }, /named operations/],
    ['call_target', { label: 'away', method: 'POST', body: other }, /redirect blocked/],
    ['http_callout', { target: 'issues', path: '/', method: 'POST', body: other }, /./],
    ['graphql_callout', { target: 'issues', operation: 'Drop', variables: {} }, /unknown operation/],
    ['graphql_callout', { target: 'issues', operation: 'Issue', variables: { id: 1 } }, /variable id/],
    ['graphql_callout', { target: 'away', operation: 'Issue' }, /unknown GraphQL target/],
    ['graphql_callout', { target: 'issues', operation: 'Issue', query: '{ a }' }, /additional properties/],
  ] as const) {
    const answer = await call(tool, args);
    expect(answer.isError === true || answer.error !== undefined).toBe(true);
    expect(answer.text).toMatch(reason);
  }
  expect(bodies).toHaveLength(1);
});

it.each([
  ['query A { __schema { x } }', /introspection is off/],
  [`query A ${'{ a '.repeat(9)}${'}'.repeat(9)}`, /more than 8 levels/],
])('a mistake in an operation is told at its place: %s', async (operation, problem) => {
  const text = settings('http://127.0.0.1:1').replace(issue, operation);
  await expect(loadProfileText('p.yaml', text, {})).rejects.toMatchObject({
    code: 'config_invalid',
    params: { problem: expect.stringMatching(problem) as string },
  });
});
