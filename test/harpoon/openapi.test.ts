import { parse, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { readOperations } from '../../src-main/harpoon/openapi/document.ts';
import { toTarget, type Imported } from '../../src-main/harpoon/openapi/to-target.ts';
import { loadProfileText } from '../../src-main/profiles/load.ts';

const description = (paths: object, more: object = {}): string =>
  stringify({
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    servers: [{ url: 'https://api.corp.example/v2/' }],
    paths,
    ...more,
  });

async function importOne(paths: object, more: object = {}, server?: string): Promise<Imported> {
  const [operation] = await readOperations(description(paths, more), 'api.yaml');
  if (!operation) throw new Error('no operation');
  return toTarget(operation, server);
}

const targetOf = (made: Imported): Record<string, unknown> => {
  if (!('target' in made)) throw new Error(made.refused.join('; '));
  return made.target;
};

const text = { schema: { type: 'string' }, required: true };
const inPath = { in: 'path', ...text };

it('an operation becomes a template that a profile takes, with the rules of its parameters', async () => {
  const made = await importOne(
    {
      '/users/{user-id}/orders/{day}': {
        parameters: [{ $ref: '#/components/parameters/User' }],
        get: {
          operationId: 'listOrders',
          summary: 'Orders of a day',
          parameters: [
            { name: 'day', in: 'path', required: true, schema: { type: 'string', format: 'date' } },
            { name: 'state', in: 'query', required: true, schema: { enum: ['open', 'done'] } },
            { name: 'limit', in: 'query', required: true, schema: { type: ['integer', 'null'], minimum: 0 } },
            { name: 'cursor', in: 'query', schema: { type: 'string' } },
            { name: 'X-Request-Tag', in: 'header', schema: { type: 'string' } },
          ],
        },
      },
    },
    {
      components: {
        parameters: {
          User: { name: 'user-id', ...inPath, schema: { type: 'string', pattern: '^u[0-9]+$', maxLength: 400 } },
        },
        securitySchemes: { login: { type: 'http', scheme: 'bearer' } },
      },
      security: [{ login: [] }],
    },
  );
  expect(targetOf(made)).toEqual({
    label: 'listorders',
    description: 'Orders of a day',
    template: {
      version: 1,
      origin: 'https://api.corp.example',
      method: 'GET',
      path_template: '/v2/users/{user_id}/orders/{day}',
      query: { state: '{state}', limit: '{limit}' },
      parameters: {
        user_id: { type: 'string', required: true, pattern: '^u[0-9]+$', min_length: 1, max_length: 256 },
        day: { type: 'string', required: true, pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}', min_length: 1, max_length: 10 },
        state: { type: 'string', required: true, enum: ['open', 'done'], min_length: 1, max_length: 4 },
        limit: { type: 'string', required: true, pattern: '[0-9]+', min_length: 1, max_length: 20 },
      },
      headers: { Authorization: 'env:LISTORDERS_AUTHORIZATION' },
      allowed_headers: ['X-Request-Tag'],
    },
  });
  expect('notes' in made && made.notes.join('\n')).toMatch(/cursor is optional[\s\S]*LISTORDERS_AUTHORIZATION/);
  const profile = await loadProfileText(
    'p.yaml',
    stringify({
      config_version: 2,
      control_plane: { tunnel_id: `tunnel_${'a'.repeat(32)}`, api_key: 'env:KEY', poll_channels: ['harpoon'] },
      harpoon: { targets: [targetOf(made)] },
    }),
    {},
  );
  expect(profile.harpoon.targets[0]?.template?.pathTemplate).toBe('/v2/users/{user_id}/orders/{day}');
});

it('an operation without arguments becomes an exact address', async () => {
  const made = await importOne({ '/rates': { get: { operationId: 'rates' } } });
  expect(targetOf(made)).toEqual({ label: 'rates', url: 'https://api.corp.example/v2/rates' });
  expect(made).toMatchObject({ own: { allowed_methods: ['GET'] } });
});

const withParameter = (parameter: object, path = '/x'): object => ({ [path]: { get: { parameters: [parameter] } } });

it.each<[string, object, object, string | undefined, RegExp]>([
  ['a POST', { '/x': { post: {} } }, {}, undefined, /POST/],
  ['part of a segment', withParameter({ name: 'a', ...inPath }, '/x/{a}.json'), {}, undefined, /whole segment/],
  [
    'a list',
    withParameter({ name: 'a', in: 'query', required: true, schema: { type: 'array' } }),
    {},
    undefined,
    /type array/,
  ],
  [
    'an expression that backtracks or is not portable',
    withParameter({ name: 'a', ...inPath, schema: { type: 'string', pattern: '(?<=a)b' } }, '/{a}'),
    {},
    undefined,
    /pattern/,
  ],
  ['a cookie', withParameter({ name: 'a', in: 'cookie', ...text }), {}, undefined, /cookie/],
  [
    'a header that signs in',
    withParameter({ name: 'X-Api-Key', in: 'header', ...text }),
    {},
    undefined,
    /may not be set/,
  ],
  [
    'a key in the query',
    { '/x': { get: {} } },
    { security: [{ k: [] }], components: { securitySchemes: { k: { type: 'apiKey', in: 'query', name: 'key' } } } },
    undefined,
    /query parameter key/,
  ],
  ['plain HTTP', { '/x': { get: {} } }, { servers: [{ url: 'http://api.corp.example' }] }, undefined, /--server/],
  [
    'a server with variables',
    { '/x': { get: {} } },
    { servers: [{ url: 'https://{region}.corp.example' }] },
    undefined,
    /variables/,
  ],
  ['no server', { '/x': { get: {} } }, { servers: [] }, undefined, /names no server/],
  ['a parameter of another file', withParameter({ $ref: 'other.yaml#/a' }), {}, undefined, /another document/],
  [
    'a parameter of another address',
    withParameter({ $ref: 'http://127.0.0.1:1/a.yaml' }),
    {},
    undefined,
    /another document/,
  ],
  ['a step up', { '/../x/{a}': { get: { parameters: [{ name: 'a', ...inPath }] } } }, {}, undefined, /path_template/],
])('says that it cannot express %s', async (_, paths, more, server, reason) => {
  const made = await importOne(paths, more, server);
  expect('refused' in made && made.refused.join('; ')).toMatch(reason);
});

it.each([
  ['no OpenAPI 3', 'swagger: "2.0"\npaths: {}'],
  ['no YAML', '{'],
  [
    'aliases without end',
    `a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [${'*b,'.repeat(20)}]\nd: [${'*c,'.repeat(20)}]`,
  ],
  ['a reference to nothing', description({ '/x': { get: { parameters: [{ $ref: '#/nowhere' }] } } })],
])('%s is told with its file', async (_, source) => {
  await expect(readOperations(source, 'api.yaml')).rejects.toMatchObject({
    code: 'config_invalid',
    params: { file: 'api.yaml' },
  });
});

it('a description that refers to itself is read', async () => {
  const node = { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } };
  const source = description(
    { '/x/{a}': { get: { operationId: 'x', parameters: [{ name: 'a', ...inPath }] } } },
    { components: { schemas: { Node: node } } },
  );
  const [operation] = await readOperations(source, 'api.yaml');
  expect(operation?.name).toBe('x');
  expect(parse(source)).toBeTruthy();
});
