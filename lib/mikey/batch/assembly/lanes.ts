/** Four 32-bit words, one of each message; in memory the octets of a word stand most significant first. */

/** Each lane rotated left by `bits`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function rotl(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** The octets of each lane in the opposite order. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function swapOctets(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Reads 16 octets from each of four places as words 0 to 3 of the lanes, stored at `to`, `to` + 16, … */
export function gather(to: usize, a: usize, b: usize, c: usize, d: usize): void {
  transpose(
    to,
    swapOctets(v128.load(a)),
    swapOctets(v128.load(b)),
    swapOctets(v128.load(c)),
    swapOctets(v128.load(d)),
  );
}

/** Stores words 0 to 3 of the lanes at `from` as 16 octets of each message at `to`, `to` + 16, … */
export function scatter(to: usize, from: usize): void {
  transpose(
    to,
    swapOctets(v128.load(from)),
    swapOctets(v128.load(from, 16)),
    swapOctets(v128.load(from, 32)),
    swapOctets(v128.load(from, 48)),
  );
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function transpose(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  v128.store(to, i64x2.shuffle(abHigh, cdHigh, 0, 2), 32);
  v128.store(to, i64x2.shuffle(abHigh, cdHigh, 1, 3), 48);
}

/** Copies `octets` octets in steps of 16; up to 15 after them are overwritten, with what follows the source. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function copyOver(to: usize, from: usize, octets: usize): void {
  for (let done: usize = 0; done < octets; done += 16) v128.store(to + done, v128.load(from + done));
}

/** Stores `count` words of zeros, in lanes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function zeroWords(to: usize, count: usize): void {
  for (let word: usize = 0; word < count; word++) v128.store(to + word * 16, i64x2.splat(0));
}
