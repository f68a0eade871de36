import { errorWords } from './error-words.ts';
import type { TunnelErrorData } from './errors.ts';
import type { Words } from './words.ts';

const socketRefused: Words = {
  title: '{Where} refuses connections',
  cause: 'No program listens at the Unix socket {path}.',
  next: 'Start the program that serves it, or correct the path.',
};
const socketForbidden: Words = {
  title: 'The socket of {where} cannot be opened',
  cause: 'This user may not open the Unix socket {path}[ ({detail})].',
  next: 'Give this user the right to the socket and to its folder.',
};
const incompleteChain: Words = {
  title: 'The certificate of {where} is not trusted',
  cause:
    '{host|The host} shows a certificate[ issued by {issuer}] that no trusted authority has signed, and not that of its issuer ({detail}).',
  next: 'Add the certificate of {issuer|the issuer} to the CA bundle for this connection, or, where its root is there already, have the server send its whole chain.',
};
const notForServers: Words = {
  title: 'The certificate of {where} is not trusted',
  cause: '{host|The host} shows a certificate[ issued by {issuer}] that is not made for servers ({detail}).',
  next: 'Have one issued that is: its extended key usage has to name server authentication.',
};

/** Most wrong addresses of a server are wrong in their path. */
const wrongPath: Words = {
  ...errorWords.http_status,
  next: 'Check the path of its URL: most servers take MCP at /mcp. One that speaks the old HTTP+SSE transport alone cannot be used.',
};
const sendsElsewhere: Words = {
  ...errorWords.http_status,
  next: 'Set the URL that it sends to, unless that is a sign-in page.',
};
const refusesUs: Words = {
  ...errorWords.http_status,
  next: 'Check which host names and which credentials the server takes, and set its URL or its headers so.',
};

function byStatus(status: unknown): Words | undefined {
  if (status === 404 || status === 405) return wrongPath;
  if (status === 403 || status === 421) return refusesUs;
  return typeof status === 'number' && status >= 300 && status < 400 ? sendsElsewhere : undefined;
}

const pollsHang: Words = {
  title: 'Polls get no answer',
  cause:
    'A poll was taken, and no answer came within {seconds|many} s although it asked for one within a second: most likely something on the way takes requests and does not pass them on, or keeps the answers back.',
  next: 'Check whether a proxy, a gateway or a filter of the network lies in between; have the control plane’s address let through there without being held back, or take another way.',
};
const silentPlane: Words = {
  ...errorWords.timed_out,
  next: 'Check the address, the proxy and the network: something on the way may take requests and not pass them on.',
};

/** Words for an error whose parameters say more than its code: the same failure wants another next step. */
export function variantOf({ code, leg, params }: TunnelErrorData): Words | undefined {
  const { path, detail } = params;
  if (path !== undefined && code === 'connect_refused') return socketRefused;
  if (path !== undefined && (detail === 'EACCES' || detail === 'EPERM')) return socketForbidden;
  if (code === 'timed_out' && leg === 'control-plane') return params['request'] === 'poll' ? pollsHang : silentPlane;
  if (code === 'http_status') return byStatus(params['status']);
  if (code !== 'tls_untrusted') return undefined;
  if (detail === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') return incompleteChain;
  return detail === 'INVALID_PURPOSE' ? notForServers : undefined;
}
