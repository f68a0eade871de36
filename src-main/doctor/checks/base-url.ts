import { TunnelError } from '../../../shared/errors.ts';
import { failed, passed, warned, type ProfileCheck } from '../check.ts';
import { changeProfile } from '../fixes/change-profile.ts';

const isLoopback = (host: string): boolean => /^(localhost|127\.|\[?::1)/.test(host);

export const baseUrl: ProfileCheck = {
  scope: 'profile',
  id: 'base-url',
  title: 'Address of the control plane',
  why: 'It is a host root: Culvert adds /v1 itself, and a second one leads nowhere.',
  after: ['source'],
  run({ profile, subject, services }) {
    const { baseUrl: written, urlPath, unixSocket } = profile.controlPlane;
    const address = new URL(written);
    const paths = [address.pathname, urlPath].map((path) => path.replace(/\/+$/, ''));
    if (paths.some((path) => /(^|\/)v1(\/|$)/.test(path))) {
      const without = (path: string): string => path.replace(/\/?v1(\/tunnels?)?\/*$/, '');
      const after = without(written.replace(/\/+$/, ''));
      const error = new TunnelError('config_invalid', 'control-plane', {
        field: paths[0]?.includes('v1') === true ? 'control_plane.base_url' : 'control_plane.url_path',
        file: subject.file ?? 'the configuration',
        problem: 'it contains /v1, which Culvert adds itself',
        hint: `Use ${after} and no /v1.`,
      });
      const controlPlane = { ...profile.controlPlane, baseUrl: after, urlPath: without(urlPath) };
      const fix = changeProfile(subject, services, {
        kind: 'base-url.v1',
        summary: 'Take /v1 out of the address of the control plane.',
        before: `base_url: ${written}${urlPath === '' ? '' : `\nurl_path: ${urlPath}`}`,
        after: `base_url: ${after}`,
        change: (saved) => ({
          ...saved,
          controlPlane: { ...saved.controlPlane, baseUrl: controlPlane.baseUrl, urlPath: controlPlane.urlPath },
        }),
      });
      return Promise.resolve({ evidence: [failed('base-url', error)], ...(fix ? { fix } : {}) });
    }
    const facts = { address: address.origin + (paths.join('') || '') };
    const plain = address.protocol === 'http:' && !isLoopback(address.hostname) && unixSocket === undefined;
    const evidence = plain
      ? warned('base-url', 'app', 'The key travels in plain text: this address is not https.', facts)
      : passed('base-url', 'app', facts);
    return Promise.resolve({ evidence: [evidence] });
  },
};
