import { finish } from './hmac';
import { copyOver, gather, HALF, LANES, scatter, swapOctets, WORD, zero } from './lanes';
import { BLOCK, compress, STATE } from './sha1';

const state: usize = memory.data(160, 16);
const next: usize = memory.data(160, 16);
/** Blocks of each text. */
const blocks: usize = memory.data(32, 16);

/** MACs as octets: the first 16 of each of eight texts, and the last 4 of each. */
export const MAC_START: usize = memory.data(128, 16);
export const LAST_WORD: usize = memory.data(32, 16);

/**
 * HMAC-SHA-1 of eight texts, which may differ in length, under `key` as `setKey` leaves it. They stand in
 * slots of `slot` octets from `slots` on, and end where `ends` says; up to 87 octets behind each are
 * overwritten.
 */
export function macTexts(key: usize, slots: usize, slot: usize, ends: usize): void {
  let most: u32 = 0;
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const count = pad(slots + lane * u32(slot), load<u32>(ends + lane * 4));
    store<u32>(blocks + lane * 4, count);
    most = max(most, count);
  }
  copyOver(state, key, STATE);
  for (let block: u32 = 0; block < most; block++) {
    for (let part: u32 = 0; part < 64; part += 16) {
      for (let half: u32 = 0; half < LANES; half += HALF) {
        const at = slots + half * u32(slot) + block * 64 + part;
        gather(BLOCK + part * 8 + half * 4, at, at + slot, at + 2 * slot, at + 3 * slot);
      }
    }
    compress(state, next);
    // A text that has ended keeps its state.
    for (let at: usize = 0; at < STATE; at += 16) {
      const goesOn = i32x4.gt_u(v128.load(blocks + (at & 16)), i32x4.splat(block));
      v128.store(state + at, v128.bitselect(v128.load(next + at), v128.load(state + at), goesOn));
    }
  }
  finish(state, key, state);
  for (let half: u32 = 0; half < LANES; half += HALF) {
    scatter(MAC_START + half * 16, state + half * 4);
    v128.store(LAST_WORD + half * 4, swapOctets(v128.load(state + 4 * WORD + half * 4)));
  }
}

/** Forgets the MACs of the last texts. */
export function wipeMacs(): void {
  zero(state, STATE);
  zero(next, STATE);
  zero(MAC_START, 128);
  zero(LAST_WORD, 32);
}

/** Pads a text as the rest of one that begins with HMAC's key block; returns its blocks. */
function pad(text: usize, end: usize): u32 {
  const octets = u32(end - text);
  const count = (octets + 9 + 63) >> 6;
  const last = text + count * 64 - 4;
  for (let at = end; at < last; at += 16) v128.store(at, i64x2.splat(0));
  store<u8>(end, 0x80);
  store<u32>(last, bswap((64 + octets) << 3));
  return count;
}
