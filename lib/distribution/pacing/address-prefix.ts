import { IPV4_LENGTH, IPV6_LENGTH, putIpOctets } from '../../address/ip-octets.ts';

/** The number of leading bits of an address that name its radio network. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}

const octets = new Uint8Array(IPV6_LENGTH);

/**
 * The network prefix of a numeric address as a text: the same for two addresses exactly when they are of one
 * family and their leading bits are the same. Texts that are not addresses share one prefix.
 */
export function prefixOf(address: string, lengths: PrefixLengths): string {
  const family = putIpOctets(octets, address);
  if (family === 0) return '';
  const length = family === 6 ? IPV6_LENGTH : IPV4_LENGTH;
  let bits = family === 6 ? lengths.ipv6 : lengths.ipv4;
  let prefix = `${family}:`;
  for (let index = 0; index < length && bits > 0; index++, bits -= 8) {
    const cut = Math.max(0, 8 - bits);
    // A character for each octet.
    prefix += String.fromCharCode(((octets[index] ?? 0) >>> cut) << cut);
  }
  return prefix;
}
