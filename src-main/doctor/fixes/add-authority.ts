import { access } from 'node:fs/promises';
import { createRoutes } from '../../network/profile-routes.ts';
import type { PlannedFix, ProfileLook } from '../check.ts';
import { routeDeps } from '../way.ts';
import { changeProfile } from './change-profile.ts';

/** Where people who have a private authority have put it for other programs. */
const variables = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'CA_BUNDLE',
  'AWS_CA_BUNDLE',
];

/** A bundle that is on this machine and does vouch for the other end: tried before it is offered. */
export async function addAuthority({ profile, subject, services, way }: ProfileLook): Promise<PlannedFix | undefined> {
  if (profile.caBundle !== undefined) return undefined;
  for (const name of variables) {
    const file = services.env[name]?.trim();
    if (
      file === undefined ||
      file === '' ||
      !(await access(file).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const routes = createRoutes({ ...profile, caBundle: file }, routeDeps(services));
    try {
      const tried = await routes.test('control-plane', way.target);
      if (tried.error) continue;
    } finally {
      await routes.close();
    }
    return changeProfile(subject, services, {
      kind: 'ca.add',
      summary: `Trust the authorities in ${file}, which ${name} names: with them the certificate is valid. They hold for the servers of this profile as well.`,
      after: `ca_bundle: ${file}`,
      change: (saved) => ({ ...saved, caBundle: file }),
    });
  }
  return undefined;
}
