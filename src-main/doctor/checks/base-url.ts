import { TunnelError } from '../../../shared/errors.ts';
import type { Evidence } from '../../../shared/evidence.ts';
import { failed, passed, warned, type PlannedFix, type ProfileCheck, type ProfileLook } from '../check.ts';
import { changeProfile } from '../fixes/change-profile.ts';
import { originOf } from '../origin.ts';
import { withoutTrailing } from '../../../shared/trim.ts';

const isLoopback = (host: string): boolean => /^(localhost|127\.|\[?::1)/.test(host);

/** The two settings of which the address is made. */
const parts = [
  {
    key: 'baseUrl',
    name: 'base_url',
    flag: 'control-plane.base-url',
    pathOf: (text: string) => new URL(text).pathname,
  },
  { key: 'urlPath', name: 'url_path', flag: 'control-plane.url-path', pathOf: (text: string) => text },
] as const;
type Part = (typeof parts)[number];

const hasVersion = (path: string): boolean => /(^|\/)v1(\/|$)/.test(path);
const withoutVersion = (text: string): string => withoutTrailing(text, '/').replace(/\/?v1(\/tunnels?)?$/, '');

interface Wrong {
  readonly part: Part;
  readonly value: string;
  readonly after: string;
  /** Where it comes from, when that is not the profile's file. */
  readonly origin: string | undefined;
}

const said = ({ part: { name }, after, origin }: Wrong, { subject }: ProfileLook): Evidence => {
  const rest = after === '' ? 'Leave it out' : `Use ${after} and no /v1`;
  return failed(
    'base-url',
    new TunnelError('config_invalid', 'control-plane', {
      field: `control_plane.${name}`,
      file: origin ?? subject.file ?? 'the configuration',
      problem: 'it contains /v1, which Culvert adds itself',
      hint: origin === undefined ? `${rest}.` : `It comes from ${origin}. ${rest} there.`,
    }),
  );
};

function fixOf(wrong: readonly Wrong[], { subject, services }: ProfileLook): PlannedFix | undefined {
  // a reference stays one: what it leads to is another's to change
  const own = wrong.filter(({ origin }) => origin === undefined);
  if (own.length === 0) return undefined;
  const lines = (of: (each: Wrong) => string): string =>
    own.flatMap((each) => (of(each) === '' ? [] : [`${each.part.name}: ${of(each)}`])).join('\n');
  return changeProfile(subject, services, {
    kind: 'base-url.v1',
    summary: 'Take /v1 out of the address of the control plane.',
    before: lines(({ value }) => value),
    after: lines(({ after }) => after),
    change: (saved) => ({
      ...saved,
      controlPlane: {
        ...saved.controlPlane,
        ...Object.fromEntries(own.map(({ part, after }) => [part.key, after])),
      },
    }),
  });
}

export const baseUrl: ProfileCheck = {
  scope: 'profile',
  id: 'base-url',
  title: 'Address of the control plane',
  why: 'It is a host root: Culvert adds /v1 itself, and a second one leads nowhere.',
  after: ['source'],
  async run(look) {
    const { profile, subject, services } = look;
    const { unixSocket } = profile.controlPlane;
    const wrong = await Promise.all(
      parts
        .filter(({ key, pathOf }) => hasVersion(pathOf(profile.controlPlane[key])))
        .map(async (part): Promise<Wrong> => {
          const value = profile.controlPlane[part.key];
          const inFile = ({ profile: saved }: { profile: typeof profile }) => saved.controlPlane[part.key];
          const origin = await originOf(subject, services, { value, inFile, flag: part.flag });
          return { part, value, after: withoutVersion(value), origin };
        }),
    );
    if (wrong.length > 0) {
      const fix = fixOf(wrong, look);
      return { evidence: wrong.map((each) => said(each, look)), ...(fix ? { fix } : {}) };
    }
    const address = new URL(profile.controlPlane.baseUrl);
    const path = [address.pathname, profile.controlPlane.urlPath].map((each) => withoutTrailing(each, '/')).join('');
    const facts = { address: address.origin + path };
    const plain = address.protocol === 'http:' && !isLoopback(address.hostname) && unixSocket === undefined;
    const evidence = plain
      ? warned('base-url', 'app', 'The key travels in plain text: this address is not https.', facts)
      : passed('base-url', 'app', facts);
    return { evidence: [evidence] };
  },
};
