import { rotl, splat, WORD } from './lanes';

/** Octets of a state: five words. */
export const STATE: usize = 5 * WORD;

/** Where the 16 words of the block to compress stand; the rest of the schedule is kept after them. */
export const BLOCK: usize = memory.data(2560, 16);

/**
 * Constants of the rounds (FIPS 180-4 §4.2.1), in memory: a register made anew for each round takes longer.
 */
const K: usize = memory.data(64, 16);
v128.store(K, i32x4.splat(0x5a827999));
v128.store(K, i32x4.splat(0x6ed9eba1), 16);
v128.store(K, i32x4.splat(0x8f1bbcdc), 32);
v128.store(K, i32x4.splat(0xca62c1d6), 48);

/** Stores the initial state (FIPS 180-4 §5.3.1). */
export function start(state: usize): void {
  splat(state, 0x67452301);
  splat(state + WORD, 0xefcdab89);
  splat(state + 2 * WORD, 0x98badcfe);
  splat(state + 3 * WORD, 0x10325476);
  splat(state + 4 * WORD, 0xc3d2e1f0);
}

/**
 * One step of SHA-1 (FIPS 180-4 §6.1.2) of eight messages in parallel: the state at `from` and the block give
 * the state at `to`, which may be the same. No branch and no address depends on a key. One round waits for
 * the one before it, so two registers of messages take turns, and five rounds in a row save moving the
 * variables. The function is a table of rounds, and longer than a screen for that.
 */
export function compress(from: usize, to: usize): void {
  let a = v128.load(from, 0);
  let a2 = v128.load(from, 16);
  let b = v128.load(from, 32);
  let b2 = v128.load(from, 48);
  let c = v128.load(from, 64);
  let c2 = v128.load(from, 80);
  let d = v128.load(from, 96);
  let d2 = v128.load(from, 112);
  let e = v128.load(from, 128);
  let e2 = v128.load(from, 144);
  let at = BLOCK;
  for (; at < BLOCK + 15 * WORD; at += 5 * WORD) {
    e = round(a, choose(b, c, d), e, v128.load(K), v128.load(at, 0)); b = rotl(b, 30);
    e2 = round(a2, choose(b2, c2, d2), e2, v128.load(K), v128.load(at, 16)); b2 = rotl(b2, 30);
    d = round(e, choose(a, b, c), d, v128.load(K), v128.load(at, 32)); a = rotl(a, 30);
    d2 = round(e2, choose(a2, b2, c2), d2, v128.load(K), v128.load(at, 48)); a2 = rotl(a2, 30);
    c = round(d, choose(e, a, b), c, v128.load(K), v128.load(at, 64)); e = rotl(e, 30);
    c2 = round(d2, choose(e2, a2, b2), c2, v128.load(K), v128.load(at, 80)); e2 = rotl(e2, 30);
    b = round(c, choose(d, e, a), b, v128.load(K), v128.load(at, 96)); d = rotl(d, 30);
    b2 = round(c2, choose(d2, e2, a2), b2, v128.load(K), v128.load(at, 112)); d2 = rotl(d2, 30);
    a = round(b, choose(c, d, e), a, v128.load(K), v128.load(at, 128)); c = rotl(c, 30);
    a2 = round(b2, choose(c2, d2, e2), a2, v128.load(K), v128.load(at, 144)); c2 = rotl(c2, 30);
  }
  e = round(a, choose(b, c, d), e, v128.load(K), v128.load(at, 0)); b = rotl(b, 30);
  e2 = round(a2, choose(b2, c2, d2), e2, v128.load(K), v128.load(at, 16)); b2 = rotl(b2, 30);
  d = round(e, choose(a, b, c), d, v128.load(K), schedule(at + 32)); a = rotl(a, 30);
  d2 = round(e2, choose(a2, b2, c2), d2, v128.load(K), schedule(at + 48)); a2 = rotl(a2, 30);
  c = round(d, choose(e, a, b), c, v128.load(K), schedule(at + 64)); e = rotl(e, 30);
  c2 = round(d2, choose(e2, a2, b2), c2, v128.load(K), schedule(at + 80)); e2 = rotl(e2, 30);
  b = round(c, choose(d, e, a), b, v128.load(K), schedule(at + 96)); d = rotl(d, 30);
  b2 = round(c2, choose(d2, e2, a2), b2, v128.load(K), schedule(at + 112)); d2 = rotl(d2, 30);
  a = round(b, choose(c, d, e), a, v128.load(K), schedule(at + 128)); c = rotl(c, 30);
  a2 = round(b2, choose(c2, d2, e2), a2, v128.load(K), schedule(at + 144)); c2 = rotl(c2, 30);
  for (at += 5 * WORD; at < BLOCK + 40 * WORD; at += 5 * WORD) {
    e = round(a, parity(b, c, d), e, v128.load(K, 16), schedule(at + 0)); b = rotl(b, 30);
    e2 = round(a2, parity(b2, c2, d2), e2, v128.load(K, 16), schedule(at + 16)); b2 = rotl(b2, 30);
    d = round(e, parity(a, b, c), d, v128.load(K, 16), schedule(at + 32)); a = rotl(a, 30);
    d2 = round(e2, parity(a2, b2, c2), d2, v128.load(K, 16), schedule(at + 48)); a2 = rotl(a2, 30);
    c = round(d, parity(e, a, b), c, v128.load(K, 16), schedule(at + 64)); e = rotl(e, 30);
    c2 = round(d2, parity(e2, a2, b2), c2, v128.load(K, 16), schedule(at + 80)); e2 = rotl(e2, 30);
    b = round(c, parity(d, e, a), b, v128.load(K, 16), schedule(at + 96)); d = rotl(d, 30);
    b2 = round(c2, parity(d2, e2, a2), b2, v128.load(K, 16), schedule(at + 112)); d2 = rotl(d2, 30);
    a = round(b, parity(c, d, e), a, v128.load(K, 16), schedule(at + 128)); c = rotl(c, 30);
    a2 = round(b2, parity(c2, d2, e2), a2, v128.load(K, 16), schedule(at + 144)); c2 = rotl(c2, 30);
  }
  for (; at < BLOCK + 60 * WORD; at += 5 * WORD) {
    e = round(a, majority(b, c, d), e, v128.load(K, 32), schedule(at + 0)); b = rotl(b, 30);
    e2 = round(a2, majority(b2, c2, d2), e2, v128.load(K, 32), schedule(at + 16)); b2 = rotl(b2, 30);
    d = round(e, majority(a, b, c), d, v128.load(K, 32), schedule(at + 32)); a = rotl(a, 30);
    d2 = round(e2, majority(a2, b2, c2), d2, v128.load(K, 32), schedule(at + 48)); a2 = rotl(a2, 30);
    c = round(d, majority(e, a, b), c, v128.load(K, 32), schedule(at + 64)); e = rotl(e, 30);
    c2 = round(d2, majority(e2, a2, b2), c2, v128.load(K, 32), schedule(at + 80)); e2 = rotl(e2, 30);
    b = round(c, majority(d, e, a), b, v128.load(K, 32), schedule(at + 96)); d = rotl(d, 30);
    b2 = round(c2, majority(d2, e2, a2), b2, v128.load(K, 32), schedule(at + 112)); d2 = rotl(d2, 30);
    a = round(b, majority(c, d, e), a, v128.load(K, 32), schedule(at + 128)); c = rotl(c, 30);
    a2 = round(b2, majority(c2, d2, e2), a2, v128.load(K, 32), schedule(at + 144)); c2 = rotl(c2, 30);
  }
  for (; at < BLOCK + 80 * WORD; at += 5 * WORD) {
    e = round(a, parity(b, c, d), e, v128.load(K, 48), schedule(at + 0)); b = rotl(b, 30);
    e2 = round(a2, parity(b2, c2, d2), e2, v128.load(K, 48), schedule(at + 16)); b2 = rotl(b2, 30);
    d = round(e, parity(a, b, c), d, v128.load(K, 48), schedule(at + 32)); a = rotl(a, 30);
    d2 = round(e2, parity(a2, b2, c2), d2, v128.load(K, 48), schedule(at + 48)); a2 = rotl(a2, 30);
    c = round(d, parity(e, a, b), c, v128.load(K, 48), schedule(at + 64)); e = rotl(e, 30);
    c2 = round(d2, parity(e2, a2, b2), c2, v128.load(K, 48), schedule(at + 80)); e2 = rotl(e2, 30);
    b = round(c, parity(d, e, a), b, v128.load(K, 48), schedule(at + 96)); d = rotl(d, 30);
    b2 = round(c2, parity(d2, e2, a2), b2, v128.load(K, 48), schedule(at + 112)); d2 = rotl(d2, 30);
    a = round(b, parity(c, d, e), a, v128.load(K, 48), schedule(at + 128)); c = rotl(c, 30);
    a2 = round(b2, parity(c2, d2, e2), a2, v128.load(K, 48), schedule(at + 144)); c2 = rotl(c2, 30);
  }
  v128.store(to, i32x4.add(a, v128.load(from, 0)), 0);
  v128.store(to, i32x4.add(a2, v128.load(from, 16)), 16);
  v128.store(to, i32x4.add(b, v128.load(from, 32)), 32);
  v128.store(to, i32x4.add(b2, v128.load(from, 48)), 48);
  v128.store(to, i32x4.add(c, v128.load(from, 64)), 64);
  v128.store(to, i32x4.add(c2, v128.load(from, 80)), 80);
  v128.store(to, i32x4.add(d, v128.load(from, 96)), 96);
  v128.store(to, i32x4.add(d2, v128.load(from, 112)), 112);
  v128.store(to, i32x4.add(e, v128.load(from, 128)), 128);
  v128.store(to, i32x4.add(e2, v128.load(from, 144)), 144);
}

/** The next word of the schedule, which it stores at `to`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function schedule(to: usize): v128 {
  const from = to - 16 * WORD;
  const older = v128.xor(v128.load(from), v128.load(from, 64));
  const mixed = v128.xor(v128.xor(older, v128.load(from, 256)), v128.load(from, 416));
  // A sum for the shift by one, for fewer units can shift than add.
  const word = v128.or(i32x4.add(mixed, mixed), i32x4.shr_u(mixed, 31));
  v128.store(to, word);
  return word;
}

/** The sum is in an order that leaves the newest, a, for last. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function round(a: v128, f: v128, e: v128, k: v128, w: v128): v128 {
  return i32x4.add(i32x4.add(i32x4.add(i32x4.add(e, k), w), f), rotl(a, 5));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function choose(b: v128, c: v128, d: v128): v128 {
  return v128.xor(d, v128.and(b, v128.xor(c, d)));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(b, v128.xor(c, d));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function majority(b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.and(c, d), v128.and(b, v128.or(c, d)));
}
