/**
 * A word of eight messages is 32 octets in memory: 32-bit lanes of messages 0 to 3 in one register, of 4 to 7
 * in another. The octets of a message stand most significant first, those of a lane do not.
 */
export const WORD: usize = 32;

/** Messages side by side, and those of one register. */
export const LANES: u32 = 8;
export const HALF: u32 = 4;

/** Each lane rotated left by `bits`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function rotl(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** Stores one value as the word of all messages. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function splat(to: usize, value: i32): void {
  v128.store(to, i32x4.splat(value));
  v128.store(to, i32x4.splat(value), 16);
}

/** An order of octets in memory: a register made anew each time takes longer. */
const SWAPPED: usize = memory.data(16, 16);
v128.store(SWAPPED, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));

/** The octets of each lane in the opposite order. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function swapOctets(x: v128): v128 {
  return i8x16.relaxed_swizzle(x, v128.load(SWAPPED));
}

/** Reads 16 octets from each of four places as four words of one register's messages, stored from `to` on. */
export function gather(to: usize, a: usize, b: usize, c: usize, d: usize): void {
  const x = swapOctets(v128.load(a));
  const y = swapOctets(v128.load(b));
  const z = swapOctets(v128.load(c));
  const w = swapOctets(v128.load(d));
  transpose(to, WORD, x, y, z, w);
}

/** Octets of a key that `gatherKeys` takes. */
const KEY: u32 = 32;

/** Lays the keys `a` to `d` of those at `keys` in the lanes of one register, as eight words from `to` on. */
export function gatherKeys(to: usize, keys: usize, a: u32, b: u32, c: u32, d: u32): void {
  for (let part: u32 = 0; part < KEY; part += 16) {
    const from = keys + part;
    gather(to + part * 8, from + a * KEY, from + b * KEY, from + c * KEY, from + d * KEY);
  }
}

/**
 * Stores four words of one register's messages, from `from` on, as 16 octets of each message at `to`, `to` +
 * 16, …
 */
export function scatter(to: usize, from: usize): void {
  const a = swapOctets(v128.load(from));
  const b = swapOctets(v128.load(from, 32));
  const c = swapOctets(v128.load(from, 64));
  const d = swapOctets(v128.load(from, 96));
  transpose(to, 16, a, b, c, d);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function transpose(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + step, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * step, i64x2.shuffle(abHigh, cdHigh, 0, 2));
  v128.store(to + 3 * step, i64x2.shuffle(abHigh, cdHigh, 1, 3));
}

/**
 * Copies `octets` octets in steps of 16; up to 15 after them are overwritten, with what follows the source.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function copyOver(to: usize, from: usize, octets: usize): void {
  for (let done: usize = 0; done < octets; done += 16) v128.store(to + done, v128.load(from + done));
}

/** Stores zeros, in steps of 16 octets. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function zero(to: usize, octets: usize): void {
  for (let done: usize = 0; done < octets; done += 16) v128.store(to + done, i64x2.splat(0));
}
