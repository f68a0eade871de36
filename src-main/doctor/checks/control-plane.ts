import type { ErrorCode } from '../../../shared/errors.ts';
import { passed, skipped, type ProfileCheck } from '../check.ts';

/** Answers that prove a control plane, whatever it thinks of the key. */
const answers: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthorized',
  'forbidden',
  'tunnel_not_found',
  'rate_limited',
]);
/** Not even asked: the key's own check says why. */
const notAsked: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'key_missing',
  'key_is_admin',
  'key_is_admin',
  'secret_env_missing',
  'secret_file_unreadable',
  'secret_empty',
  'keychain_missing',
  'keychain_unavailable',
  'config_invalid',
  'header_invalid',
]);

export const controlPlane: ProfileCheck = {
  scope: 'profile',
  id: 'control-plane',
  title: 'Answer of the control plane',
  why: 'A connection is not yet a service: a sign-in page, a wrong host or an outage answers too.',
  after: ['source', 'key', 'connect', 'tls', 'proxy'],
  limitMs: 25_000,
  async run({ way, cancellation, profile }) {
    const found = await way.metadata(cancellation);
    const step = 'control-plane.reached';
    const facts = { host: new URL(profile.controlPlane.baseUrl).host };
    if (!found) return { evidence: [skipped(step, 'control-plane', 'It was not asked.')] };
    if (!found.error || answers.has(found.error.code)) return { evidence: [passed(step, 'control-plane', facts)] };
    if (notAsked.has(found.error.code))
      return { evidence: [skipped(step, 'control-plane', 'There is no usable key.')] };
    return { evidence: [{ ...found, step, facts }] };
  },
};
