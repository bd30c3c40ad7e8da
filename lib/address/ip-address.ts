import { SocketAddress } from 'node:net';
import { IPV4_LENGTH, IPV6_LENGTH, putIpOctets } from './ip-octets.ts';

/** An IPv6 address with a zone (RFC 4007 §11), as Node takes it. */
const ZONE = /^([^%]*:[^%]*)%[0-9a-zA-Z.:-]+$/;

const octets = new Uint8Array(IPV6_LENGTH);

/**
 * An IP address in the one form in which it is stored and compared; undefined when the text is not an
 * address. IPv6 follows RFC 5952 and has no zone; an IPv4-mapped address (`::ffff:192.0.2.1`) becomes IPv4.
 */
export function canonicalIpAddress(text: string): string | undefined {
  const address = text.includes('%') ? text.replace(ZONE, '$1') : text;
  const family = putIpOctets(octets, address);
  if (family === 0) return undefined;
  if (family === 4) return octets.subarray(0, IPV4_LENGTH).join('.');
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** An IPv4-mapped IPv6 address as IPv4; any other text as it is. */
export function unmappedIpAddress(text: string): string {
  return text.startsWith('::') ? (canonicalIpAddress(text) ?? text) : text;
}
