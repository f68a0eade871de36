import ipaddr from 'ipaddr.js';
import { RE2JS } from 're2js';
import type { Profile } from '../../shared/profile.ts';

export type HostRules = Pick<
  Profile['harpoon'],
  'hostsIncludeSuffix' | 'hostsIncludeRegex' | 'hostsIncludeLoopback' | 'hostsIncludePrivate'
>;

/** Names that lead nowhere outside of a network of one's own (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`). */
const localNames = /(?:^|\.)(?:local|internal|intranet|corp|lan|private|home\.arpa|home|localdomain|test)$/;

/** What kind of address it is, as far as reaching it is concerned. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden';

/** Where machines of a cloud learn about themselves, credentials included. */
const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

const kinds: Readonly<Record<string, AddressKind>> = {
  unicast: 'public',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
};

/** @param address - an IP address as a resolver gives it; a zone makes it link-local, whatever stands before it */
export function kindOfAddress(address: string): AddressKind {
  if (!ipaddr.isValid(address) || address.includes('%')) return 'forbidden';
  // an IPv4 address inside an IPv6 one (RFC 4291 mapped, RFC 6052 NAT64, RFC 3056 6to4) is that address
  const parsed = innermost(ipaddr.parse(address));
  if (metadataAddresses.has(parsed.toString())) return 'forbidden';
  return kinds[parsed.range()] ?? 'forbidden';
}

function innermost(parsed: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(parsed instanceof ipaddr.IPv6)) return parsed;
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address();
  const bytes = parsed.toByteArray();
  const range = parsed.range();
  if (range === 'rfc6052' || range === 'rfc6145') return new ipaddr.IPv4(bytes.slice(12));
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  // IPv4-compatible (RFC 4291, 2.5.5.1; deprecated): ::a.b.c.d
  if (bytes.slice(0, 12).every((byte) => byte === 0) && bytes.slice(12).some((byte) => byte > 1))
    return new ipaddr.IPv4(bytes.slice(12));
  return parsed;
}

/** The name or number of a URL's host in one spelling: no brackets, no case, no dot at the end. */
export const bareHost = (url: URL): string =>
  url.hostname
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
    .replace(/\.$/, '');

/** Which hosts of a profile are private, and which addresses a connection to a host may have. */
export class AddressRules {
  readonly #suffixes: readonly string[];
  readonly #patterns: readonly RE2JS[];
  readonly #rules: HostRules;
  readonly #own: ReadonlySet<string>;

  /**
   * Throws where an expression of `hosts_include_regex` is none.
   * @param own - hosts that the profile names for other uses, which may be anywhere in a network of one's own
   */
  constructor(rules: HostRules, own: ReadonlySet<string> = new Set()) {
    this.#rules = rules;
    this.#own = own;
    this.#suffixes = rules.hostsIncludeSuffix
      .map((suffix) => suffix.trim().toLowerCase())
      .filter((suffix) => suffix !== '')
      .map((suffix) => (suffix.startsWith('.') ? suffix : `.${suffix}`));
    this.#patterns = rules.hostsIncludeRegex
      .filter((pattern) => pattern.trim() !== '')
      .map((pattern) => RE2JS.compile(pattern.trim(), RE2JS.CASE_INSENSITIVE));
  }

  /** Why the host counts as private, so that OAuth addresses on it go through Harpoon; undefined when it is public. */
  reason(url: URL): string | undefined {
    const host = bareHost(url);
    const { hostsIncludeLoopback: loopback, hostsIncludePrivate: isPrivate } = this.#rules;
    if (loopback && host === 'localhost') return 'loopback';
    if (ipaddr.isValid(host)) {
      const kind = kindOfAddress(host);
      if (loopback && kind === 'loopback') return 'loopback';
      if (isPrivate && kind === 'private') return 'private-ip';
    }
    return this.#named(host);
  }

  /**
   * Whether a connection to `url` may end at `address`: asked of the very address that is connected to, after DNS. What a
   * target names by its number it may reach; a name may lead to public addresses, and to private ones where it is that of
   * a private network.
   */
  allows(url: URL, address: string): boolean {
    const host = bareHost(url);
    if (ipaddr.isValid(host)) return sameAddress(host, address) && kindOfAddress(address) !== 'forbidden';
    const kind = kindOfAddress(address);
    if (kind === 'public' || (kind !== 'forbidden' && this.#own.has(host))) return true;
    if (kind === 'loopback') return host === 'localhost' || host.endsWith('.localhost');
    return kind === 'private' && (this.#named(host) !== undefined || localNames.test(host) || !host.includes('.'));
  }

  #named(host: string): string | undefined {
    const suffix = this.#suffixes.find((one) => host === one.slice(1) || host.endsWith(one));
    if (suffix !== undefined) return `suffix:${suffix}`;
    const pattern = this.#patterns.find((one) => one.matcher(host).find());
    return pattern && `regex:${pattern.pattern()}`;
  }
}

const sameAddress = (one: string, other: string): boolean =>
  ipaddr.isValid(other) && innermost(ipaddr.parse(one)).toString() === innermost(ipaddr.parse(other)).toString();
