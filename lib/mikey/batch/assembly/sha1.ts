import { rotl } from './lanes';

/** Octets of a state: five words of four lanes. */
export const STATE: usize = 80;

/** Where the 16 words of the block to compress stand, in lanes. */
export const BLOCK: usize = memory.data(256, 16);

/** Stores the initial state (FIPS 180-4 §5.3.1). */
export function start(state: usize): void {
  v128.store(state, i32x4.splat(0x67452301));
  v128.store(state, i32x4.splat(0xefcdab89), 16);
  v128.store(state, i32x4.splat(0x98badcfe), 32);
  v128.store(state, i32x4.splat(0x10325476), 48);
  v128.store(state, i32x4.splat(0xc3d2e1f0), 64);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function schedule(w3: v128, w8: v128, w14: v128, w16: v128): v128 {
  return rotl(v128.xor(v128.xor(w3, w8), v128.xor(w14, w16)), 1);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function round(a: v128, f: v128, e: v128, k: i32, w: v128): v128 {
  return i32x4.add(i32x4.add(i32x4.add(e, i32x4.splat(k)), i32x4.add(f, w)), rotl(a, 5));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function choose(a: v128, b: v128, c: v128, d: v128, e: v128, w: v128): v128 {
  return round(a, v128.xor(d, v128.and(b, v128.xor(c, d))), e, 0x5a827999, w);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function parity(a: v128, b: v128, c: v128, d: v128, e: v128, k: i32, w: v128): v128 {
  return round(a, v128.xor(b, v128.xor(c, d)), e, k, w);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function majority(a: v128, b: v128, c: v128, d: v128, e: v128, w: v128): v128 {
  const f = v128.or(v128.and(c, d), v128.and(b, v128.or(c, d)));
  return round(a, f, e, 0x8f1bbcdc, w);
}

/**
 * One step of SHA-1 (FIPS 180-4 §6.1.2) of four messages at once: the state at `from` and the block give the state at
 * `to`, which may be the same. Unrolled, so that the words stay in registers; no branch and no address
 * depends on a key.
 */
export function compress(from: usize, to: usize): void {
  let a = v128.load(from);
  let b = v128.load(from, 16);
  let c = v128.load(from, 32);
  let d = v128.load(from, 48);
  let e = v128.load(from, 64);
  let w0 = v128.load(BLOCK);
  let w1 = v128.load(BLOCK, 16);
  let w2 = v128.load(BLOCK, 32);
  let w3 = v128.load(BLOCK, 48);
  let w4 = v128.load(BLOCK, 64);
  let w5 = v128.load(BLOCK, 80);
  let w6 = v128.load(BLOCK, 96);
  let w7 = v128.load(BLOCK, 112);
  let w8 = v128.load(BLOCK, 128);
  let w9 = v128.load(BLOCK, 144);
  let w10 = v128.load(BLOCK, 160);
  let w11 = v128.load(BLOCK, 176);
  let w12 = v128.load(BLOCK, 192);
  let w13 = v128.load(BLOCK, 208);
  let w14 = v128.load(BLOCK, 224);
  let w15 = v128.load(BLOCK, 240);
  e = choose(a, b, c, d, e, w0);
  b = rotl(b, 30);
  d = choose(e, a, b, c, d, w1);
  a = rotl(a, 30);
  c = choose(d, e, a, b, c, w2);
  e = rotl(e, 30);
  b = choose(c, d, e, a, b, w3);
  d = rotl(d, 30);
  a = choose(b, c, d, e, a, w4);
  c = rotl(c, 30);
  e = choose(a, b, c, d, e, w5);
  b = rotl(b, 30);
  d = choose(e, a, b, c, d, w6);
  a = rotl(a, 30);
  c = choose(d, e, a, b, c, w7);
  e = rotl(e, 30);
  b = choose(c, d, e, a, b, w8);
  d = rotl(d, 30);
  a = choose(b, c, d, e, a, w9);
  c = rotl(c, 30);
  e = choose(a, b, c, d, e, w10);
  b = rotl(b, 30);
  d = choose(e, a, b, c, d, w11);
  a = rotl(a, 30);
  c = choose(d, e, a, b, c, w12);
  e = rotl(e, 30);
  b = choose(c, d, e, a, b, w13);
  d = rotl(d, 30);
  a = choose(b, c, d, e, a, w14);
  c = rotl(c, 30);
  e = choose(a, b, c, d, e, w15);
  b = rotl(b, 30);
  w0 = schedule(w13, w8, w2, w0);
  d = choose(e, a, b, c, d, w0);
  a = rotl(a, 30);
  w1 = schedule(w14, w9, w3, w1);
  c = choose(d, e, a, b, c, w1);
  e = rotl(e, 30);
  w2 = schedule(w15, w10, w4, w2);
  b = choose(c, d, e, a, b, w2);
  d = rotl(d, 30);
  w3 = schedule(w0, w11, w5, w3);
  a = choose(b, c, d, e, a, w3);
  c = rotl(c, 30);
  w4 = schedule(w1, w12, w6, w4);
  e = parity(a, b, c, d, e, 0x6ed9eba1, w4);
  b = rotl(b, 30);
  w5 = schedule(w2, w13, w7, w5);
  d = parity(e, a, b, c, d, 0x6ed9eba1, w5);
  a = rotl(a, 30);
  w6 = schedule(w3, w14, w8, w6);
  c = parity(d, e, a, b, c, 0x6ed9eba1, w6);
  e = rotl(e, 30);
  w7 = schedule(w4, w15, w9, w7);
  b = parity(c, d, e, a, b, 0x6ed9eba1, w7);
  d = rotl(d, 30);
  w8 = schedule(w5, w0, w10, w8);
  a = parity(b, c, d, e, a, 0x6ed9eba1, w8);
  c = rotl(c, 30);
  w9 = schedule(w6, w1, w11, w9);
  e = parity(a, b, c, d, e, 0x6ed9eba1, w9);
  b = rotl(b, 30);
  w10 = schedule(w7, w2, w12, w10);
  d = parity(e, a, b, c, d, 0x6ed9eba1, w10);
  a = rotl(a, 30);
  w11 = schedule(w8, w3, w13, w11);
  c = parity(d, e, a, b, c, 0x6ed9eba1, w11);
  e = rotl(e, 30);
  w12 = schedule(w9, w4, w14, w12);
  b = parity(c, d, e, a, b, 0x6ed9eba1, w12);
  d = rotl(d, 30);
  w13 = schedule(w10, w5, w15, w13);
  a = parity(b, c, d, e, a, 0x6ed9eba1, w13);
  c = rotl(c, 30);
  w14 = schedule(w11, w6, w0, w14);
  e = parity(a, b, c, d, e, 0x6ed9eba1, w14);
  b = rotl(b, 30);
  w15 = schedule(w12, w7, w1, w15);
  d = parity(e, a, b, c, d, 0x6ed9eba1, w15);
  a = rotl(a, 30);
  w0 = schedule(w13, w8, w2, w0);
  c = parity(d, e, a, b, c, 0x6ed9eba1, w0);
  e = rotl(e, 30);
  w1 = schedule(w14, w9, w3, w1);
  b = parity(c, d, e, a, b, 0x6ed9eba1, w1);
  d = rotl(d, 30);
  w2 = schedule(w15, w10, w4, w2);
  a = parity(b, c, d, e, a, 0x6ed9eba1, w2);
  c = rotl(c, 30);
  w3 = schedule(w0, w11, w5, w3);
  e = parity(a, b, c, d, e, 0x6ed9eba1, w3);
  b = rotl(b, 30);
  w4 = schedule(w1, w12, w6, w4);
  d = parity(e, a, b, c, d, 0x6ed9eba1, w4);
  a = rotl(a, 30);
  w5 = schedule(w2, w13, w7, w5);
  c = parity(d, e, a, b, c, 0x6ed9eba1, w5);
  e = rotl(e, 30);
  w6 = schedule(w3, w14, w8, w6);
  b = parity(c, d, e, a, b, 0x6ed9eba1, w6);
  d = rotl(d, 30);
  w7 = schedule(w4, w15, w9, w7);
  a = parity(b, c, d, e, a, 0x6ed9eba1, w7);
  c = rotl(c, 30);
  w8 = schedule(w5, w0, w10, w8);
  e = majority(a, b, c, d, e, w8);
  b = rotl(b, 30);
  w9 = schedule(w6, w1, w11, w9);
  d = majority(e, a, b, c, d, w9);
  a = rotl(a, 30);
  w10 = schedule(w7, w2, w12, w10);
  c = majority(d, e, a, b, c, w10);
  e = rotl(e, 30);
  w11 = schedule(w8, w3, w13, w11);
  b = majority(c, d, e, a, b, w11);
  d = rotl(d, 30);
  w12 = schedule(w9, w4, w14, w12);
  a = majority(b, c, d, e, a, w12);
  c = rotl(c, 30);
  w13 = schedule(w10, w5, w15, w13);
  e = majority(a, b, c, d, e, w13);
  b = rotl(b, 30);
  w14 = schedule(w11, w6, w0, w14);
  d = majority(e, a, b, c, d, w14);
  a = rotl(a, 30);
  w15 = schedule(w12, w7, w1, w15);
  c = majority(d, e, a, b, c, w15);
  e = rotl(e, 30);
  w0 = schedule(w13, w8, w2, w0);
  b = majority(c, d, e, a, b, w0);
  d = rotl(d, 30);
  w1 = schedule(w14, w9, w3, w1);
  a = majority(b, c, d, e, a, w1);
  c = rotl(c, 30);
  w2 = schedule(w15, w10, w4, w2);
  e = majority(a, b, c, d, e, w2);
  b = rotl(b, 30);
  w3 = schedule(w0, w11, w5, w3);
  d = majority(e, a, b, c, d, w3);
  a = rotl(a, 30);
  w4 = schedule(w1, w12, w6, w4);
  c = majority(d, e, a, b, c, w4);
  e = rotl(e, 30);
  w5 = schedule(w2, w13, w7, w5);
  b = majority(c, d, e, a, b, w5);
  d = rotl(d, 30);
  w6 = schedule(w3, w14, w8, w6);
  a = majority(b, c, d, e, a, w6);
  c = rotl(c, 30);
  w7 = schedule(w4, w15, w9, w7);
  e = majority(a, b, c, d, e, w7);
  b = rotl(b, 30);
  w8 = schedule(w5, w0, w10, w8);
  d = majority(e, a, b, c, d, w8);
  a = rotl(a, 30);
  w9 = schedule(w6, w1, w11, w9);
  c = majority(d, e, a, b, c, w9);
  e = rotl(e, 30);
  w10 = schedule(w7, w2, w12, w10);
  b = majority(c, d, e, a, b, w10);
  d = rotl(d, 30);
  w11 = schedule(w8, w3, w13, w11);
  a = majority(b, c, d, e, a, w11);
  c = rotl(c, 30);
  w12 = schedule(w9, w4, w14, w12);
  e = parity(a, b, c, d, e, 0xca62c1d6, w12);
  b = rotl(b, 30);
  w13 = schedule(w10, w5, w15, w13);
  d = parity(e, a, b, c, d, 0xca62c1d6, w13);
  a = rotl(a, 30);
  w14 = schedule(w11, w6, w0, w14);
  c = parity(d, e, a, b, c, 0xca62c1d6, w14);
  e = rotl(e, 30);
  w15 = schedule(w12, w7, w1, w15);
  b = parity(c, d, e, a, b, 0xca62c1d6, w15);
  d = rotl(d, 30);
  w0 = schedule(w13, w8, w2, w0);
  a = parity(b, c, d, e, a, 0xca62c1d6, w0);
  c = rotl(c, 30);
  w1 = schedule(w14, w9, w3, w1);
  e = parity(a, b, c, d, e, 0xca62c1d6, w1);
  b = rotl(b, 30);
  w2 = schedule(w15, w10, w4, w2);
  d = parity(e, a, b, c, d, 0xca62c1d6, w2);
  a = rotl(a, 30);
  w3 = schedule(w0, w11, w5, w3);
  c = parity(d, e, a, b, c, 0xca62c1d6, w3);
  e = rotl(e, 30);
  w4 = schedule(w1, w12, w6, w4);
  b = parity(c, d, e, a, b, 0xca62c1d6, w4);
  d = rotl(d, 30);
  w5 = schedule(w2, w13, w7, w5);
  a = parity(b, c, d, e, a, 0xca62c1d6, w5);
  c = rotl(c, 30);
  w6 = schedule(w3, w14, w8, w6);
  e = parity(a, b, c, d, e, 0xca62c1d6, w6);
  b = rotl(b, 30);
  w7 = schedule(w4, w15, w9, w7);
  d = parity(e, a, b, c, d, 0xca62c1d6, w7);
  a = rotl(a, 30);
  w8 = schedule(w5, w0, w10, w8);
  c = parity(d, e, a, b, c, 0xca62c1d6, w8);
  e = rotl(e, 30);
  w9 = schedule(w6, w1, w11, w9);
  b = parity(c, d, e, a, b, 0xca62c1d6, w9);
  d = rotl(d, 30);
  w10 = schedule(w7, w2, w12, w10);
  a = parity(b, c, d, e, a, 0xca62c1d6, w10);
  c = rotl(c, 30);
  w11 = schedule(w8, w3, w13, w11);
  e = parity(a, b, c, d, e, 0xca62c1d6, w11);
  b = rotl(b, 30);
  w12 = schedule(w9, w4, w14, w12);
  d = parity(e, a, b, c, d, 0xca62c1d6, w12);
  a = rotl(a, 30);
  w13 = schedule(w10, w5, w15, w13);
  c = parity(d, e, a, b, c, 0xca62c1d6, w13);
  e = rotl(e, 30);
  w14 = schedule(w11, w6, w0, w14);
  b = parity(c, d, e, a, b, 0xca62c1d6, w14);
  d = rotl(d, 30);
  w15 = schedule(w12, w7, w1, w15);
  a = parity(b, c, d, e, a, 0xca62c1d6, w15);
  c = rotl(c, 30);
  v128.store(to, i32x4.add(a, v128.load(from)));
  v128.store(to, i32x4.add(b, v128.load(from, 16)), 16);
  v128.store(to, i32x4.add(c, v128.load(from, 32)), 32);
  v128.store(to, i32x4.add(d, v128.load(from, 48)), 48);
  v128.store(to, i32x4.add(e, v128.load(from, 64)), 64);
}
