import { IPV4_LENGTH, IPV6_LENGTH, putIpOctets } from '../../address/ip-octets.ts';
import type { UeAddress } from '../../address/ue-address.ts';

/** Octets kept for a socket address: the 28 of sockaddr_in6, rounded up. */
export const SOCKET_ADDRESS_LENGTH = 32;

/** Octets of the struct that the system is given, by the family. */
export const LENGTH_OF_FAMILY = { 4: 16, 6: 28 } as const;

const AF_INET = 2;
const AF_INET6 = 10;
const ipOctets = new Uint8Array(IPV6_LENGTH);

/**
 * Writes a numeric address as the sockaddr_in or sockaddr_in6 of Linux on a little-endian machine. Allocates
 * nothing. An IPv4-mapped address (`::ffff:192.0.2.1`) becomes IPv4.
 * @returns the family, or 0 when the address is not numeric; the octets at `at` are then undefined
 */
export function putSocketAddress(to: Uint8Array, at: number, { address, port }: UeAddress): 0 | 4 | 6 {
  const family = putIpOctets(ipOctets, address);
  if (family === 0) return 0;
  to[at] = family === 4 ? AF_INET : AF_INET6;
  to[at + 1] = 0;
  to[at + 2] = port >> 8;
  to[at + 3] = port & 0xff;
  if (family === 4) {
    copy(to, at + 4, IPV4_LENGTH);
    zero(to, at + 8, 8);
  } else {
    // Flow label, address, scope.
    zero(to, at + 4, 4);
    copy(to, at + 8, IPV6_LENGTH);
    zero(to, at + 24, 4);
  }
  return family;
}

/** The address and port of a sockaddr that the system has written. */
export function socketAddressAt(from: Uint8Array, at: number): UeAddress {
  const view = new DataView(from.buffer, from.byteOffset + at);
  const port = view.getUint16(2);
  if (view.getUint16(0, true) === AF_INET)
    return { address: Array.from(from.subarray(at + 4, at + 8)).join('.'), port };
  const words = Array.from({ length: IPV6_LENGTH / 2 }, (_, group) => view.getUint16(8 + 2 * group));
  return { address: formatIpv6(words), port };
}

/** As `to.set(ipOctets.subarray(…))`, which allocates. */
function copy(to: Uint8Array, at: number, length: number): void {
  for (let index = 0; index < length; index++) to[at + index] = ipOctets[index] ?? 0;
}

/** As `to.fill(0, …)`, which takes longer for a few octets. */
function zero(to: Uint8Array, at: number, length: number): void {
  for (let index = at; index < at + length; index++) to[index] = 0;
}

/** RFC 5952 §4: the longest run of zeros, the first of equals and none of one group alone, becomes `::`. */
function formatIpv6(words: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (end < words.length && words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const text = (from: number, to: number) =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  if (best.start < 0) return text(0, words.length);
  return `${text(0, best.start)}::${text(best.start + best.length, words.length)}`;
}
