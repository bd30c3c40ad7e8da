import { isIP, SocketAddress } from 'node:net';

/**
 * The one form in which an IP address is stored and compared; undefined for a text that is not an IP address.
 * IPv6 follows RFC 5952 and has no zone; an IPv4-mapped address (`::ffff:192.0.2.1`) becomes IPv4.
 */
export function canonicalIpAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family !== 6) return family === 0 ? undefined : text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = /^::ffff:([0-9.]+)$/.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
