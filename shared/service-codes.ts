import type { Words } from './words.ts';

/**
 * The service's own error codes (openapi.json, `APIErrorBody.code`): finer than the HTTP status they come with. They
 * arrive as `detail` of an error of the control plane; templates are as in words.ts.
 */
const catalogue = {
  invalid_channel_format: {
    title: 'The name of a channel is not allowed',
    cause: 'The control plane takes lower-case letters, digits, - and _ in the name of a channel.',
    next: 'Rename the channel, here and at the caller.',
  },
  invalid_json_payload: {
    title: 'A message was not JSON',
    cause: 'The control plane could not read the body of an MCP message as a JSON object.',
    next: 'Correct the caller or the MCP server that sent it.',
  },
  invalid_tunnel_id_format: {
    title: 'The tunnel id is not valid',
    cause: 'The control plane does not take {tunnelId|the id} for a tunnel’s.',
    next: 'Copy the id from the platform’s tunnel settings: `tunnel_` and 32 lower-case letters or digits.',
  },
  missing_mcp_session_id: {
    title: 'A session was ended without its id',
    cause: 'The caller asked to end an MCP session and left out the header Mcp-Session-Id.',
    next: 'Correct the caller: it has to name the session.',
  },
  oauth_shim_audience_unavailable: {
    title: 'The service wants to know an OAuth audience',
    cause: 'This client does not offer the look-up of a token’s audience that the sign-in was set up with.',
    next: 'Set up the sign-in without private_key_jwt audience look-up.',
  },
  oauth_shim_harpoon_call_failed: {
    title: 'The sign-in could not reach its authorization server',
    cause: 'The call to it through the tunnel’s Harpoon target failed or gave an answer that is not usable.',
    next: 'Check the address of the Harpoon target and whether that server is up; the trace shows the call.',
  },
  oauth_shim_invalid_target_uri: {
    title: 'An address of the sign-in is not valid',
    cause: 'The OAuth metadata names an address that is neither http(s) nor a Harpoon label.',
    next: 'Correct the metadata, or name a label of harpoon.targets as harpoon://label.',
  },
  oauth_shim_target_not_found: {
    title: 'The sign-in names a target that is not set up',
    cause: 'There is no Harpoon target with the label that the OAuth metadata names.',
    next: 'Add that label to harpoon.targets, or correct it, and restart the tunnel.',
  },
  oauth_shim_unshimmable_endpoint: {
    title: 'An endpoint of the sign-in cannot go through the tunnel',
    cause: 'The service found no way to lead an endpoint of the authorization server through this tunnel.',
    next: 'Add a Harpoon target for each host that the OAuth metadata names.',
  },
  oauth_shim_upstream_timeout: {
    title: 'The authorization server took too long',
    cause: 'No answer came from the sign-in’s server through the tunnel in time.',
    next: 'Check that server and the route to it: the doctor and the trace of the call show where it fails.',
  },
  pending_request_not_found: {
    title: 'Nobody waits for this answer any more',
    cause: 'The request was answered already, has expired, or was never this tunnel’s.',
    next: 'Nothing to do for one; if there are many, look for a second client that answers for this tunnel.',
  },
  rate_limit_exceeded: {
    title: 'The control plane asks to slow down',
    cause: 'More requests came than it takes on this tunnel[; it asks to wait {seconds} s].',
    next: 'Nothing to do: polling goes on by itself; make fewer calls at once if it lasts.',
  },
  request_body_too_large: {
    title: 'A message is too large for the service',
    cause: 'A request or an answer is larger than the service takes.',
    next: 'Have the server answer with less at once, and no large data inline.',
  },
  rfc9728_www_authenticate_unsupported: {
    title: 'This way to find the sign-in is not supported',
    cause: 'The caller tried to find the sign-in by a WWW-Authenticate probe, which tunnels do not have.',
    next: 'Serve the well-known OAuth documents: the service looks there.',
  },
  tunnel_active_organization_context_required: {
    title: 'The organization is missing',
    cause: 'The control plane does not know in which organization this is meant.',
    next: 'Set the organization id, with --organization-id or in the profile’s field Organization.',
  },
  tunnel_active_organization_required: {
    title: 'The organization is missing',
    cause: 'The tunnel belongs to an organization, and the request did not say which.',
    next: 'Set the organization id in the profile’s field Organization, as control_plane.organization_id, with --control-plane.organization-id or in CONTROL_PLANE_ORGANIZATION_ID.',
  },
  tunnel_client_not_connected: {
    title: 'No client serves the tunnel now',
    cause: 'The service has calls for this tunnel and nobody takes them.',
    next: 'Start the tunnel here, and look at its state until it is connected.',
  },
  tunnel_client_not_seen: {
    title: 'No client has served the tunnel lately',
    cause: 'Nobody has polled for this tunnel.',
    next: 'Start the tunnel here, with the very id that the caller uses.',
  },
  tunnel_management_permission_required: {
    title: 'The key may not manage tunnels',
    cause: 'It lacks the right to read and manage tunnels in this organization or workspace.',
    next: 'Use an admin key with Tunnels Read and Manage, or ask for that role; a new one takes up to half an hour.',
  },
  tunnel_missing_principals: {
    title: 'The key belongs to no organization or workspace',
    cause: 'The request carried nothing by which its right to the tunnel could be looked up.',
    next: 'Create the runtime key in the organization or workspace that the tunnel belongs to.',
  },
  tunnel_principal_association_unverified: {
    title: 'The owners of the tunnel do not belong together',
    cause: 'The service could not verify that the organizations, workspaces and tenants named belong to each other.',
    next: 'Name owners that belong together, or ask the service’s support to review the association.',
  },
  tunnel_principal_limit_exceeded: {
    title: 'Too many owners for one tunnel',
    cause: 'A list of tenants, workspaces or organizations is longer than the service takes.',
    next: 'Shorten the list that it names.',
  },
  tunnel_principal_validation_override_automatically_derivable: {
    title: 'No override is needed',
    cause: 'The service can verify these owners by itself.',
    next: 'Create or update the tunnel without an override.',
  },
  tunnel_principal_validation_override_management_permission_required: {
    title: 'The key may not manage overrides',
    cause: 'Overrides of the owners’ verification take a right of their own.',
    next: 'Use a key with that right.',
  },
  tunnel_queue_full: {
    title: 'The tunnel’s queue at the service is full',
    cause: 'More calls wait at the service than it keeps for one tunnel.',
    next: 'Raise the number of calls that run at once here, start another client on this tunnel, or call less at once.',
  },
  tunnel_request_mismatch: {
    title: 'The answer belongs to another tunnel',
    cause: 'The service was given an answer to a request that this tunnel did not get.',
    next: 'Check that only one tunnel id is used with this key and profile, and report it with a support bundle.',
  },
  tunnel_transport_unavailable: {
    title: 'The control plane is moving its queue',
    cause: 'Its storage changed hands; a call may be lost or come twice in that moment.',
    next: 'Nothing to do: polling goes on by itself; repeat a call only if that is safe.',
  },
  tunnel_use_forbidden: {
    title: 'The key may not use this tunnel',
    cause: 'It may perhaps read {tunnelId|the tunnel}, but nobody it stands for has the right to use it.',
    next: 'Give its owner Tunnels Use, or create a runtime key where the tunnel belongs; a new role takes up to half an hour.',
  },
} as const satisfies Readonly<Record<string, Words>>;

export type ServiceCode = keyof typeof catalogue;
export const serviceCodes = Object.keys(catalogue) as ServiceCode[];

/** What a code of the service means, or undefined when it is none that is known. */
export const serviceWords = (code: unknown): Words | undefined =>
  typeof code === 'string' && Object.hasOwn(catalogue, code) ? catalogue[code as ServiceCode] : undefined;
