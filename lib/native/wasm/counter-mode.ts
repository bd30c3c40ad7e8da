import { encrypt, setKeys } from './aes-128';
import { scatter, swapOctets, WORD } from './lanes';

/**
 * First counter blocks as words, then for one register's messages as octets, and two blocks of each key
 * stream.
 */
const ivs: usize = memory.data(128, 16);
const counters: usize = memory.data(64, 16);
const stream: usize = memory.data(128, 16);

/**
 * Takes salts, four words, CSB IDs and counters of messages, one each, for the key streams (RFC 3830 §4.2.3).
 */
export function setIvs(salts: usize, csbIds: usize, timestamps: usize): void {
  for (let half: usize = 0; half < WORD; half += 16) {
    const csbId = v128.load(csbIds + half);
    const timestamp = v128.load(timestamps + half);
    const at = ivs + half;
    // (S XOR (0x0000 ‖ CSB ID ‖ T)) ‖ 0x0000, S of 14 octets and T the counter in 64 bits.
    v128.store(at, v128.xor(v128.load(salts + half), i32x4.shr_u(csbId, 16)));
    v128.store(at, v128.xor(v128.load(salts + half, 32), i32x4.shl(csbId, 16)), 32);
    v128.store(at, v128.xor(v128.load(salts + half, 64), i32x4.shr_u(timestamp, 16)), 64);
    const last = v128.and(v128.load(salts + half, 96), i32x4.splat(0xffff0000));
    v128.store(at, v128.xor(last, i32x4.shl(timestamp, 16)), 96);
  }
}

/**
 * XORs `octets` octets at `text`, in steps of 32, with the key streams of the messages, whose keys are four
 * words from `keys` on. Each result goes to where `places` says.
 */
export function cipher(keys: usize, text: usize, octets: usize, places: usize): void {
  setKeys(keys);
  for (let half: usize = 0; half < 2; half++) {
    scatter(counters, ivs + half * 16);
    for (let done: usize = 0; done < octets; done += 32) {
      for (let lane: usize = 0; lane < 64; lane += 16) {
        // The count begins at zero and stays within 16 bits: key data is much shorter than 2^20 octets.
        const first = swapOctets(v128.load(counters + lane));
        const block = i32(done >> 4);
        v128.store(stream + lane, swapOctets(i32x4.add(first, i32x4(0, 0, 0, block))));
        v128.store(stream + lane, swapOctets(i32x4.add(first, i32x4(0, 0, 0, block + 1))), 64);
      }
      encrypt(stream, half);
      for (let lane: usize = 0; lane < 4; lane++) {
        const to = usize(load<u32>(places + half * 16 + lane * 4)) + done;
        v128.store(to, v128.xor(v128.load(text + done), v128.load(stream + lane * 16)));
        v128.store(to, v128.xor(v128.load(text + done, 16), v128.load(stream + lane * 16, 64)), 16);
      }
    }
  }
}
