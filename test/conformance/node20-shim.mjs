// The conformance suite imports `globSync` from `fs`, which Node 20 has not got; nothing that is used here calls it.
//   node --import ./node20-shim.mjs …/conformance/dist/index.js
import { register } from 'node:module';

const fs = `export * from 'node:fs';
export { default } from 'node:fs';
export const globSync = () => { throw new Error('fs.globSync needs Node 22'); };`;

const hooks = `export async function resolve(specifier, context, next) {
  if (specifier === 'fs' && context.parentURL?.includes('/@modelcontextprotocol/conformance/'))
    return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)}, shortCircuit: true };
  return next(specifier, context);
}`;

if (Number(process.versions.node.split('.')[0]) < 22) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
