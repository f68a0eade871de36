import { expect, test } from 'vitest';
import { describe, sentence } from '../../shared/messages.ts';
import { serviceCodes } from '../../shared/service-codes.ts';

/** The codes that the service's openapi.json lists. */
const listed = [
  'invalid_channel_format',
  'invalid_json_payload',
  'invalid_tunnel_id_format',
  'missing_mcp_session_id',
  'oauth_shim_audience_unavailable',
  'oauth_shim_harpoon_call_failed',
  'oauth_shim_invalid_target_uri',
  'oauth_shim_target_not_found',
  'oauth_shim_unshimmable_endpoint',
  'oauth_shim_upstream_timeout',
  'pending_request_not_found',
  'rate_limit_exceeded',
  'request_body_too_large',
  'rfc9728_www_authenticate_unsupported',
  'tunnel_active_organization_context_required',
  'tunnel_active_organization_required',
  'tunnel_client_not_connected',
  'tunnel_client_not_seen',
  'tunnel_management_permission_required',
  'tunnel_missing_principals',
  'tunnel_principal_association_unverified',
  'tunnel_principal_limit_exceeded',
  'tunnel_principal_validation_override_automatically_derivable',
  'tunnel_principal_validation_override_management_permission_required',
  'tunnel_queue_full',
  'tunnel_request_mismatch',
  'tunnel_transport_unavailable',
  'tunnel_use_forbidden',
];

test('every error code of the service has a title, a cause and a next step', () => {
  expect([...serviceCodes].sort()).toEqual(listed);
  for (const detail of listed) {
    const words = describe({ code: 'forbidden', leg: 'control-plane', params: { detail } });
    expect(words, detail).not.toEqual(describe({ code: 'forbidden', leg: 'control-plane', params: {} }));
    expect(words.title, detail).toMatch(/^[A-Z].*[^.]$/);
    expect(words.cause, detail).toMatch(/^[A-Z`].*\.$/);
    expect(words.next, detail).toMatch(/^[A-Z].*\.$/);
    expect(Object.values(words as unknown as Record<string, string>).join(' '), detail).not.toMatch(
      /[{}[\]|]|undefined/,
    );
  }
});

test('a tunnel of an organization leads to the organization field', () => {
  const line = sentence({
    code: 'forbidden',
    leg: 'control-plane',
    params: { status: 403, detail: 'tunnel_active_organization_required' },
  });
  expect(line).toContain('organization');
  expect(line).toContain('--control-plane.organization-id');
});

test('a code that nobody knows changes nothing', () => {
  const words = describe({ code: 'forbidden', leg: 'control-plane', params: { detail: 'constructor' } });
  expect(words).toEqual(describe({ code: 'forbidden', leg: 'control-plane', params: {} }));
});
