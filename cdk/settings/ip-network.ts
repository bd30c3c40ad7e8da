import { canonicalIpAddress } from '../../lib/address/ip-address.ts';
import { IPV4_LENGTH, IPV6_LENGTH, putIpOctets } from '../../lib/address/ip-octets.ts';

/** An IPv4 or IPv6 network. */
export interface IpNetwork {
  readonly family: 4 | 6;
  /** The lowest address, with no bit after the prefix. */
  readonly octets: Uint8Array;
  /** Bits of the prefix: 0 to 32, or 0 to 128. */
  readonly prefixLength: number;
}

/**
 * A network such as `10.0.0.0/8` or `2001:db8::/32`; bits after the prefix become 0, as in EC2. Undefined
 * when the text is none, or an IPv6 address that ends in an IPv4 one, which EC2 does not take.
 */
export function ipNetworkOfText(text: string): IpNetwork | undefined {
  const [, address = '', length = ''] = /^([0-9a-fA-F.:]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  const octets = new Uint8Array(IPV6_LENGTH);
  const family = putIpOctets(octets, address);
  if (family === 0 || (address.includes(':') && address.includes('.'))) return undefined;
  if (family === 4 && address.includes(':')) return undefined;
  const prefixLength = Number(length);
  const size = family === 4 ? IPV4_LENGTH : IPV6_LENGTH;
  if (prefixLength > 8 * size) return undefined;
  const masked = octets.subarray(0, size).map((octet, index) => octet & maskOf(prefixLength - 8 * index));
  return { family, octets: masked, prefixLength };
}

/** The one text of a network: two texts of the same network are the same rule of a security group. */
export function textOfIpNetwork({ family, octets, prefixLength }: IpNetwork): string {
  if (family === 4) return `${octets.join('.')}/${prefixLength}`;
  const groups = Array.from({ length: 8 }, (_, group) =>
    ((octets[2 * group] ?? 0) * 256 + (octets[2 * group + 1] ?? 0)).toString(16),
  );
  const address = groups.join(':');
  return `${canonicalIpAddress(address) ?? address}/${prefixLength}`;
}

/** Whether `inner` is a part of `outer`, or the whole of it. */
export function isWithin(inner: IpNetwork, outer: IpNetwork): boolean {
  if (inner.family !== outer.family || inner.prefixLength < outer.prefixLength) return false;
  return outer.octets.every(
    (octet, index) => ((inner.octets[index] ?? 0) & maskOf(outer.prefixLength - 8 * index)) === octet,
  );
}

/** The mask of an octet of whose bits this many belong to the prefix; less than 0: none, more than 8: all. */
function maskOf(bits: number): number {
  return (0xff << (8 - Math.max(0, Math.min(8, bits)))) & 0xff;
}
