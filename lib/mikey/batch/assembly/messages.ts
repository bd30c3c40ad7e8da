import { counterMode, setKeys, wipeKeys } from './aes';
import { finish, setKey } from './hmac';
import { copyOver, gather, scatter, zeroWords } from './lanes';
import { derive, setLabels } from './prf';
import { BLOCK, compress, STATE } from './sha1';

/** Octets of a MUK, of a RAND and of a MAC. */
const MUK: u32 = 32;
const RAND: u32 = 16;
const MAC: usize = 20;

/** The first octet that nothing here uses. */
export const heapBase: usize = __heap_base;

/** MAC alg of KEMAC (RFC 3830 §6.2). */
const HMAC_SHA_1_160: u8 = 1;

/** Constants of the labels (RFC 3830 §4.1.4). */
const ENCR: i32 = 0x150533e1;
const AUTH: i32 = 0x2d22ac75;
const SALT: i32 = 0x29b88916;

// Of the push. The four slots hold the messages that are being made, `slot` octets each, and begin as what precedes
// IDr; the suffix is what stands between IDr and the key data.
let counterAt: usize = 0;
let randAt: usize = 0;
let idAt: usize = 0;
let suffix: usize = 0;
let suffixLength: usize = 0;
let keyData: usize = 0;
let keyDataLength: usize = 0;
let isEncrypted: bool = false;
let slots: usize = 0;
let slot: usize = 0;

// Of the recipients: 32 octets of MUK and 16 of RAND each, CSB IDs, counters, and where each IDr ends in `ids`.
let muks: usize = 0;
let rands: usize = 0;
let csbIds: usize = 0;
let counters: usize = 0;
let idEnds: usize = 0;
let ids: usize = 0;

const muk: usize = memory.data(128, 16);
const rand: usize = memory.data(64, 16);
const mukKey: usize = memory.data(160, 16);
const macKey: usize = memory.data(160, 16);
const encr: usize = memory.data(80, 16);
const auth: usize = memory.data(80, 16);
const salt: usize = memory.data(80, 16);
const state: usize = memory.data(80, 16);
const next: usize = memory.data(80, 16);
const ivs: usize = memory.data(64, 16);
/** Octets of the four messages, their MACs left out, and the blocks that these take under HMAC. */
const lengths: usize = memory.data(16, 16);
const blocks: usize = memory.data(16, 16);

/** Where the recipients' inputs stand, see above; IDs may be read 15 octets beyond their end. */
export function setRecipients(
  muksAt: usize,
  randsAt: usize,
  csbIdsAt: usize,
  countersAt: usize,
  idEndsAt: usize,
  idsAt: usize,
): void {
  muks = muksAt;
  rands = randsAt;
  csbIds = csbIdsAt;
  counters = countersAt;
  idEnds = idEndsAt;
  ids = idsAt;
}

/** Where in a message CSB ID (always 4), counter, RAND and the length of IDr stand, and the slots to make it in. */
export function setLayout(counter: usize, rand: usize, id: usize, slotsAt: usize, slotLength: usize): void {
  counterAt = counter;
  randAt = rand;
  idAt = id;
  slots = slotsAt;
  slot = slotLength;
}

/** What follows IDr in each message; the key data may be read 15 octets beyond its end. */
export function setEnd(suffixAt: usize, suffixOctets: usize, keyDataAt: usize, octets: usize, encrypted: bool): void {
  suffix = suffixAt;
  suffixLength = suffixOctets;
  keyData = keyDataAt;
  keyDataLength = octets;
  isEncrypted = encrypted;
}

/**
 * Makes the messages of `count` recipients, one after another from `out` on; up to 15 octets beyond are overwritten.
 * Their ends, counted from `base`, go to `ends`. Returns the octet after the last.
 */
export function build(count: u32, out: usize, ends: usize, base: usize): usize {
  for (let first: u32 = 0; first < count; first += 4) {
    // Lanes without a recipient repeat the last one.
    const b = min(first + 1, count - 1);
    const c = min(first + 2, count - 1);
    const d = min(first + 3, count - 1);
    begin(0, first);
    begin(1, b);
    begin(2, c);
    begin(3, d);
    protect(first, b, c, d);
    for (let lane: usize = 0; lane < min(count - first, 4); lane++) {
      const length = usize(load<u32>(lengths + lane * 4)) + MAC;
      copyOver(out, slots + lane * slot, length);
      out += length;
      store<u32>(ends + (first + u32(lane)) * 4, u32(out - base));
    }
  }
  return out;
}

/** Forgets the keys of the last recipients. */
export function wipe(count: u32): void {
  memory.fill(muks, 0, count * MUK);
  zeroWords(muk, 8);
  zeroWords(mukKey, 10);
  zeroWords(macKey, 10);
  zeroWords(encr, 5);
  zeroWords(auth, 5);
  zeroWords(salt, 5);
  wipeKeys();
}

/** Writes what differs into the slot of `lane`, as far as the key data. */
function begin(lane: usize, recipient: u32): void {
  const message = slots + lane * slot;
  const from = recipient == 0 ? 0 : load<u32>(idEnds + (recipient - 1) * 4);
  const idLength = load<u32>(idEnds + recipient * 4) - from;
  store<u32>(message, bswap(load<u32>(csbIds + recipient * 4)), 4);
  store<u32>(message + counterAt, bswap(load<u32>(counters + recipient * 4)));
  v128.store(message + randAt, v128.load(rands + recipient * RAND));
  store<u16>(message + idAt, bswap(u16(idLength)));
  const id = message + idAt + 2;
  copyOver(id, ids + from, idLength);
  copyOver(id + idLength, suffix, suffixLength);
  store<u32>(lengths + lane * 4, u32(id + idLength + suffixLength + keyDataLength + 1 - message));
}

/** Derives the keys of four recipients, and appends their key data and MACs. */
function protect(a: u32, b: u32, c: u32, d: u32): void {
  gather(muk, muks + a * MUK, muks + b * MUK, muks + c * MUK, muks + d * MUK);
  gather(muk + 64, muks + a * MUK + 16, muks + b * MUK + 16, muks + c * MUK + 16, muks + d * MUK + 16);
  gather(rand, rands + a * RAND, rands + b * RAND, rands + c * RAND, rands + d * RAND);
  const csbId = i32x4(
    load<u32>(csbIds + a * 4),
    load<u32>(csbIds + b * 4),
    load<u32>(csbIds + c * 4),
    load<u32>(csbIds + d * 4),
  );
  setKey(mukKey, muk, 8);
  setLabels(csbId, rand);
  if (isEncrypted) {
    derive(encr, mukKey, ENCR);
    derive(salt, mukKey, SALT);
    setKeys(encr);
    const counter = i32x4(
      load<u32>(counters + a * 4),
      load<u32>(counters + b * 4),
      load<u32>(counters + c * 4),
      load<u32>(counters + d * 4),
    );
    makeIvs(csbId, counter);
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    const message = slots + lane * slot;
    const end = message + load<u32>(lengths + lane * 4);
    const at = end - 1 - keyDataLength;
    if (isEncrypted) counterMode(keyData, at, keyDataLength, ivs + lane * 16, lane);
    else copyOver(at, keyData, keyDataLength);
    store<u8>(end - 1, HMAC_SHA_1_160);
  }
  derive(auth, mukKey, AUTH);
  authenticate();
}

/**
 * First counter blocks, in lanes and then of each message: (S XOR (0x0000 ‖ CSB ID ‖ T)) ‖ 0x0000, T the counter in 64
 * bits (RFC 3830 §4.2.3).
 */
function makeIvs(csbId: v128, counter: v128): void {
  v128.store(ivs, v128.xor(v128.load(salt), i32x4.shr_u(csbId, 16)));
  v128.store(ivs, v128.xor(v128.load(salt, 16), i32x4.shl(csbId, 16)), 16);
  v128.store(ivs, v128.xor(v128.load(salt, 32), i32x4.shr_u(counter, 16)), 32);
  const last = v128.and(v128.load(salt, 48), i32x4.splat(0xffff0000));
  v128.store(ivs, v128.xor(last, i32x4.shl(counter, 16)), 48);
  scatter(ivs, ivs);
}

/** Appends HMAC-SHA-1 under `auth` to each message (RFC 3830 §5.2). The messages may differ in length. */
function authenticate(): void {
  let most: u32 = 0;
  for (let lane: usize = 0; lane < 4; lane++) {
    const count = pad(slots + lane * slot, load<u32>(lengths + lane * 4));
    store<u32>(blocks + lane * 4, count);
    most = max(most, count);
  }
  setKey(macKey, auth, 5);
  copyOver(state, macKey, STATE);
  for (let block: u32 = 0; block < most; block++) {
    for (let part: usize = 0; part < 64; part += 16) {
      const at = slots + block * 64 + part;
      gather(BLOCK + part * 4, at, at + slot, at + 2 * slot, at + 3 * slot);
    }
    compress(state, next);
    // A message that has ended keeps its state.
    const goesOn = i32x4.gt_u(v128.load(blocks), i32x4.splat(block));
    for (let word: usize = 0; word < STATE; word += 16)
      v128.store(state + word, v128.bitselect(v128.load(next + word), v128.load(state + word), goesOn));
  }
  finish(state, macKey, state);
  scatter(next, state);
  for (let lane: usize = 0; lane < 4; lane++) {
    const end = slots + lane * slot + load<u32>(lengths + lane * 4);
    v128.store(end, v128.load(next + lane * 16));
    store<u32>(end + 16, bswap(load<u32>(state + 64 + lane * 4)));
  }
}

/** Pads a message of `octets` octets as the rest of a text that begins with HMAC's key block; returns its blocks. */
function pad(message: usize, octets: u32): u32 {
  const count = (octets + 9 + 63) >> 6;
  const end = message + octets;
  const last = message + count * 64 - 4;
  for (let at = end; at < last; at += 16) v128.store(at, i64x2.splat(0));
  store<u8>(end, 0x80);
  store<u32>(last, bswap((64 + octets) << 3));
  return count;
}
