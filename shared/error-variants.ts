import { errorWords } from './error-words.ts';
import type { ErrorCode, TunnelErrorData } from './errors.ts';
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
    'A poll was taken, and no answer came within {seconds|many} s although it asked for one within a second: most likely something in between accepts requests and does not forward them, or holds the answers back.',
  next: 'Check whether a proxy, a gateway or a filter of the network lies in between; have the control plane’s address allowed there without buffering, or use another route.',
};
const silentPlane: Words = {
  ...errorWords.timed_out,
  next: 'Check the address, the proxy and the network: something in between may accept requests and not forward them.',
};

/** What answered instead, by the form of its answer; a page is the usual one. */
const interceptedBy: Readonly<Record<string, Words>> = {
  text: {
    ...errorWords.intercepted,
    cause: 'It answered {status|a request} with plain text, and not as {where} does, which always answers in JSON.',
  },
  json: {
    ...errorWords.intercepted,
    cause: 'It answered {status|a request} with JSON of another kind, and not as {where} does.',
  },
};

/** A refusal that carries no word of the control plane's own: it may come from there all the same. */
const bareRefusals: Readonly<Partial<Record<ErrorCode, Words>>> = {
  unauthorized: {
    title: 'The key is refused',
    cause:
      'The answer is 401 without a reason, and the control plane gives its reason: either the runtime key is wrong, expired or revoked, or something in between refuses it.',
    next: 'Set a valid runtime key for this tunnel; if this one is, look for a proxy or a filter of the network in between.',
  },
  forbidden: {
    title: 'The key, or the route, is refused',
    cause:
      'The answer is 403[ for tunnel {tunnelId}] without a reason, and the control plane gives its reason: either the key lacks the right, or something in between does not let it through.',
    next: 'Give the key the right to use this tunnel; if it has it, look for a proxy, a gateway or a filter of the network in between.',
  },
  tunnel_not_found: {
    title: 'The tunnel is not found there',
    cause:
      'The answer is 404 without a reason, and the control plane gives its reason: either it knows no tunnel {tunnelId|with this id}, or what answers at that address is something else.',
    next: 'Check the tunnel id and the control plane address; if both are right, look for a proxy or a gateway in between.',
  },
};

/** Words for an error whose parameters say more than its code: the same failure wants another next step. */
export function variantOf({ code, leg, params }: TunnelErrorData): Words | undefined {
  const { path, detail } = params;
  if (path !== undefined && code === 'connect_refused') return socketRefused;
  if (path !== undefined && (detail === 'EACCES' || detail === 'EPERM')) return socketForbidden;
  if (params['bare'] === true) return bareRefusals[code];
  if (code === 'intercepted') return interceptedBy[String(params['form'])];
  if (code === 'timed_out' && leg === 'control-plane') return params['request'] === 'poll' ? pollsHang : silentPlane;
  if (code === 'http_status') return byStatus(params['status']);
  if (code !== 'tls_untrusted') return undefined;
  if (detail === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') return incompleteChain;
  return detail === 'INVALID_PURPOSE' ? notForServers : undefined;
}
