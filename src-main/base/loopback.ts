import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether an address is this machine alone: 127.0.0.0/8, also written as IPv6, or ::1. */
export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether a host name, as in a URL or a Host header without its port, is this machine alone: `localhost` or an address on
 * loopback, IPv6 with brackets or without. No foreign page can make one its own by DNS rebinding.
 */
export function isLoopbackName(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === 'localhost.' || isLoopbackAddress(name);
}
