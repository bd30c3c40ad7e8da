import { octetsOf } from './fuzz-target.ts';

/** Numbers from 0 to below `below`. */
export type Random = (below: number) => number;

/** Boundary values of lengths and counts. */
const EDGES = [0, 1, 2, 4, 15, 16, 20, 127, 128, 254, 255];
const MAX_LENGTH = 4096;

/**
 * One to eight changes of an input: flipped bits, edges, cuts, copies, tokens, and pieces of another input.
 */
export function mutate(
  input: Uint8Array,
  other: Uint8Array,
  tokens: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  let octets = Uint8Array.from(input);
  for (let changes = 1 + (random(4) === 0 ? random(8) : random(2)); changes > 0; changes--)
    octets = changed(octets, other, tokens, random);
  return octets.subarray(0, MAX_LENGTH);
}

function changed(
  octets: Uint8Array<ArrayBuffer>,
  other: Uint8Array,
  tokens: readonly Uint8Array[],
  random: Random,
): Uint8Array<ArrayBuffer> {
  const at = random(octets.length + 1);
  const end = Math.min(octets.length, at + 1 + random(random(4) === 0 ? 64 : 8));
  switch (random(8)) {
    case 0:
      if (at < octets.length) octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
      return octets;
    case 1:
      if (at < octets.length) octets[at] = EDGES[random(EDGES.length)] ?? 0;
      return octets;
    case 2:
      if (at < octets.length) octets[at] = random(256);
      return octets;
    case 3:
      return joined(octets.subarray(0, at), octets.subarray(end));
    case 4:
      return joined(octets.subarray(0, end), octets.subarray(at, end), octets.subarray(end));
    case 5: {
      const token = tokens.length === 0 ? Uint8Array.of(random(256)) : tokens[random(tokens.length)];
      return joined(
        octets.subarray(0, at),
        token ?? octetsOf(''),
        octets.subarray(random(2) === 0 ? at : end),
      );
    }
    case 6: {
      const from = random(other.length + 1);
      return joined(
        octets.subarray(0, at),
        other.subarray(from, from + 1 + random(64)),
        octets.subarray(end),
      );
    }
    default:
      return random(4) === 0 ? octets.slice(0, at) : octets;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
