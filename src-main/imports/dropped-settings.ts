import type { Dropped, DroppedCode } from '../../shared/import-words.ts';

/** Settings without a meaning for a tunnel. `env_vars`: a child inherits the environment here. */
const harmless: ReadonlySet<string> = new Set([
  '$schema',
  'name',
  'description',
  'gallery',
  'version',
  'icon',
  'env_vars',
  'required',
  'supports_parallel_tool_calls',
  'alwaysLoad',
]);

/** What each client calls what it does with a server, and Culvert does not. */
const kinds: readonly (readonly [DroppedCode, RegExp])[] = [
  ['headers-helper', /headers?_?helper/i],
  ['sign-in', /^(auth|oauth\w*|scopes|auth_?provider_?type|client_?id|client_?secret)$/i],
  ['sandbox', /^sandbox/i],
  ['tool-approval', /^(auto_?approve|always_?allow|trust|approval_?mode|default_tools_approval_mode|tools)$/i],
  ['tool-filter', /^(enabled|disabled|include|exclude|allowed)_?tools$/i],
  ['time-limit', /time_?out/i],
  ['development', /^dev$/],
];

/** The settings of a server that are neither carried nor without a meaning. */
export const droppedSettings = (given: readonly string[], carried: readonly string[]): Dropped[] =>
  given
    .filter((name) => !carried.includes(name) && !harmless.has(name))
    .map((name) => ({ code: kinds.find(([, pattern]) => pattern.test(name))?.[0] ?? 'setting', name }));
