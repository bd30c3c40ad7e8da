import type { UeAddress } from '../../address/ue-address.ts';

/** Octets kept for a socket address: those of sockaddr_in6 (28) and a round number. */
export const SOCKET_ADDRESS_LENGTH = 32;

/** Octets that the system is told of, by the family. */
export const LENGTH_OF_FAMILY = { 4: 16, 6: 28 } as const;

const AF_INET = 2;
const AF_INET6 = 10;
const GROUPS = 8;
const groups = new Uint16Array(GROUPS);

/**
 * Writes a numeric address as the sockaddr_in or sockaddr_in6 of Linux on a little-endian machine; nothing is
 * allocated. `::ffff:192.0.2.1` is how an IPv6 socket names an IPv4 peer, and becomes one.
 * @returns the family, or 0 when the address is not numeric; what is at `at` is then of no use
 */
export function putSocketAddress(to: Uint8Array, at: number, { address, port }: UeAddress): 0 | 4 | 6 {
  to[at + 2] = port >> 8;
  to[at + 3] = port & 0xff;
  if (!address.includes(':')) {
    if (!putIpv4(to, at + 4, address, 0)) return 0;
    to[at] = AF_INET;
    to[at + 1] = 0;
    zero(to, at + 8, 8);
    return 4;
  }
  if (!parseIpv6(address)) return 0;
  if (isMapped()) {
    to[at] = AF_INET;
    to[at + 1] = 0;
    for (let group = 6; group < GROUPS; group++) putGroup(to, at + 4 + 2 * (group - 6), group);
    zero(to, at + 8, 8);
    return 4;
  }
  to[at] = AF_INET6;
  to[at + 1] = 0;
  zero(to, at + 4, 4);
  for (let group = 0; group < GROUPS; group++) putGroup(to, at + 8 + 2 * group, group);
  zero(to, at + 24, 4);
  return 6;
}

/** The address and port of a sockaddr that the system has written. */
export function socketAddressAt(from: Uint8Array, at: number): UeAddress {
  const view = new DataView(from.buffer, from.byteOffset + at);
  const port = view.getUint16(2);
  if (view.getUint16(0, true) === AF_INET)
    return { address: Array.from(from.subarray(at + 4, at + 8)).join('.'), port };
  const words = Array.from({ length: GROUPS }, (_, group) => view.getUint16(8 + 2 * group));
  return { address: formatIpv6(words), port };
}

/** Four decimal numbers from `start` to the end of the text. */
function putIpv4(to: Uint8Array, at: number, text: string, start: number): boolean {
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
      if (digits === 0 || part > 3 || (digit !== -1 && digit !== -2)) return false;
      // The end of the text comes once, after the fourth part.
      if ((index === text.length) !== (part === 3)) return false;
      to[at + part] = value;
      part++;
      value = 0;
      digits = 0;
    }
  }
  return part === 4;
}

const lastOctets = new Uint8Array(4);

/** Leaves the groups of an IPv6 address (RFC 4291 §2.2) in `groups`; a zone is not taken. */
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
    for (; index < text.length && text.charCodeAt(index) !== 58; index++) {
      const digit = hexDigit(text.charCodeAt(index));
      if (digit < 0) return endsInIpv4(text, start, count, gap);
      if (index - start >= 4) return endsInIpv4(text, start, count, gap);
      value = value * 16 + digit;
    }
    if (index === start) return false;
    groups[count++] = value;
    if (index === text.length) break;
    index++;
    if (text.charCodeAt(index) === 58) {
      if (gap >= 0) return false;
      gap = count;
      index++;
    } else if (index === text.length) return false;
  }
  return spread(count, gap);
}

function endsInIpv4(text: string, start: number, count: number, gap: number): boolean {
  if (count > GROUPS - 2 || !putIpv4(lastOctets, 0, text, start)) return false;
  groups[count] = (lastOctets[0] ?? 0) * 256 + (lastOctets[1] ?? 0);
  groups[count + 1] = (lastOctets[2] ?? 0) * 256 + (lastOctets[3] ?? 0);
  return spread(count + 2, gap);
}

/** Puts the zeros where `::` stood. */
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

/** As `to.fill(0, …)`, which takes longer for so few octets. */
function zero(to: Uint8Array, at: number, length: number): void {
  for (let index = at; index < at + length; index++) to[index] = 0;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** RFC 5952 §4: the longest run of zeros, the first of equals and none of one group alone, becomes `::`. */
function formatIpv6(words: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (end < GROUPS && words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const text = (from: number, to: number) =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  if (best.start < 0) return text(0, GROUPS);
  return `${text(0, best.start)}::${text(best.start + best.length, GROUPS)}`;
}
