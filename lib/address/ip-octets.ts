/** Octets of an IPv6 address. */
export const IPV6_LENGTH = 16;
/** Octets of an IPv4 address. */
export const IPV4_LENGTH = 4;

const GROUPS = 8;
const COLON = 58;
const groups = new Uint16Array(GROUPS);
const ipv4 = new Uint8Array(IPV4_LENGTH);

/**
 * Parses a numeric address, and puts its octets at the start of `to`: 4 of IPv4, or 16 of IPv6. Allocates
 * nothing. `::ffff:192.0.2.1` is how an IPv6 socket names an IPv4 peer: it becomes that IPv4 address.
 * @param to at least 16 octets
 * @returns the family, or 0 when the text is not a numeric address or has a zone; `to` is then undefined
 */
export function putIpOctets(to: Uint8Array, text: string): 0 | 4 | 6 {
  if (!text.includes(':')) return putIpv4(to, text, 0) ? 4 : 0;
  if (!parseIpv6(text)) return 0;
  if (isMapped()) {
    putGroup(to, 0, 6);
    putGroup(to, 2, 7);
    return 4;
  }
  for (let group = 0; group < GROUPS; group++) putGroup(to, 2 * group, group);
  return 6;
}

/** Four decimal numbers from `start` to the end of the text (RFC 3986 §3.2.2), without leading zeros. */
function putIpv4(to: Uint8Array, text: string, start: number): boolean {
  let value = 0;
  let digits = 0;
  let part = 0;
  for (let index = start; index <= text.length; index++) {
    const digit = index === text.length ? -1 : text.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && value === 0) return false;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return false;
    } else {
      // -2 is the dot, -1 the end of the text, which comes once, after the fourth number.
      if (digits === 0 || part > 3 || (digit !== -1 && digit !== -2)) return false;
      if ((index === text.length) !== (part === 3)) return false;
      to[part] = value;
      part++;
      value = 0;
      digits = 0;
    }
  }
  return part === 4;
}

/** Leaves the groups of an IPv6 address (RFC 4291 §2.2) in `groups`. */
function parseIpv6(text: string): boolean {
  let count = 0;
  let gap = -1;
  let index = 0;
  if (text.startsWith('::')) {
    gap = 0;
    index = 2;
  }
  while (index < text.length) {
    if (count === GROUPS) return false;
    const start = index;
    let value = 0;
    for (; index < text.length && text.charCodeAt(index) !== COLON; index++) {
      const digit = hexDigit(text.charCodeAt(index));
      if (digit < 0 || index - start >= 4) return endsInIpv4(text, start, count, gap);
      value = value * 16 + digit;
    }
    if (index === start) return false;
    groups[count++] = value;
    if (index === text.length) break;
    index++;
    if (text.charCodeAt(index) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      index++;
    } else if (index === text.length) return false;
  }
  return spread(count, gap);
}

function endsInIpv4(text: string, start: number, count: number, gap: number): boolean {
  if (count > GROUPS - 2 || !putIpv4(ipv4, text, start)) return false;
  groups[count] = (ipv4[0] ?? 0) * 256 + (ipv4[1] ?? 0);
  groups[count + 1] = (ipv4[2] ?? 0) * 256 + (ipv4[3] ?? 0);
  return spread(count + 2, gap);
}

/** Puts zeros where `::` stood. */
function spread(count: number, gap: number): boolean {
  if (gap < 0) return count === GROUPS;
  if (count === GROUPS) return false;
  const zeros = GROUPS - count;
  groups.copyWithin(gap + zeros, gap, count);
  groups.fill(0, gap, gap + zeros);
  return true;
}

function isMapped(): boolean {
  for (let group = 0; group < 5; group++) if (groups[group] !== 0) return false;
  return groups[5] === 0xffff;
}

function putGroup(to: Uint8Array, at: number, group: number): void {
  const value = groups[group] ?? 0;
  to[at] = value >> 8;
  to[at + 1] = value & 0xff;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
