import { isIP, SocketAddress } from 'node:net';

/**
 * An IP address in the one form that it is kept and compared in, or undefined for what is none. IPv6 is as
 * RFC 5952 writes it and without a zone; an IPv4 peer that an IPv6 socket names (`::ffff:192.0.2.1`) is IPv4.
 */
export function canonicalIpAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family !== 6) return family === 0 ? undefined : text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = /^::ffff:([0-9.]+)$/.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
