import { cipher, setIvs } from './counter-mode';
import { finish, setKey } from './hmac';
import { copyOver, gather, HALF, LANES, scatter, WORD, zero } from './lanes';
import { derive, setLabels } from './prf';
import { BLOCK, compress, STATE } from './sha1';
import { wipeKeys } from './aes-128';

/** Octets of a MUK, of a RAND and of a MAC. */
const MUK: u32 = 32;
const RAND: u32 = 16;
const MAC: usize = 20;

/** The first octet that the module does not use itself. */
export const heapBase: usize = __heap_base;

/** MAC alg of KEMAC (RFC 3830 §6.2). */
const HMAC_SHA_1_160: u8 = 1;

/** Constants of the labels (RFC 3830 §4.1.4). */
const ENCR: i32 = 0x150533e1;
const AUTH: i32 = 0x2d22ac75;
const SALT: i32 = 0x29b88916;

// Of the push. The slots hold the messages that are being made, `slot` octets each, and begin as what
// precedes IDr; the suffix is what stands between IDr and the key data.
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

// Of the recipients: 32 octets of MUK and 16 of RAND each, CSB IDs, counters, and where each IDr ends in
// `ids`.
let muks: usize = 0;
let rands: usize = 0;
let csbIds: usize = 0;
let counters: usize = 0;
let idEnds: usize = 0;
let ids: usize = 0;

// As words of the eight messages.
const muk: usize = memory.data(256, 16);
const rand: usize = memory.data(128, 16);
const csbId: usize = memory.data(32, 16);
const counter: usize = memory.data(32, 16);
const mukKey: usize = memory.data(320, 16);
const macKey: usize = memory.data(320, 16);
const encr: usize = memory.data(160, 16);
const auth: usize = memory.data(160, 16);
const salt: usize = memory.data(160, 16);
const state: usize = memory.data(160, 16);
const next: usize = memory.data(160, 16);
/**
 * Where in memory the key data of each message goes, where the message without MAC ends, and its blocks for
 * HMAC.
 */
const keyDataPlaces: usize = memory.data(32, 16);
const ends: usize = memory.data(32, 16);
const blocks: usize = memory.data(32, 16);
/** MACs of one register's messages, without their last words. */
const macs: usize = memory.data(64, 16);

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

/**
 * Where in a message CSB ID (always 4), counter, RAND and the length of IDr stand, and the slots to make it
 * in.
 */
export function setLayout(counter: usize, rand: usize, id: usize, slotsAt: usize, slotLength: usize): void {
  counterAt = counter;
  randAt = rand;
  idAt = id;
  slots = slotsAt;
  slot = slotLength;
}

/** What follows IDr in each message; the key data may be read 31 octets beyond its end. */
export function setEnd(suffixAt: usize, suffixOctets: usize, keyDataAt: usize, octets: usize, encrypted: bool): void {
  suffix = suffixAt;
  suffixLength = suffixOctets;
  keyData = keyDataAt;
  keyDataLength = octets;
  isEncrypted = encrypted;
}

/**
 * Makes the messages of `count` recipients, one after another from `out` on; up to 15 octets beyond are
 * overwritten. Their ends, counted from `base`, go to `offsets`. Returns the octet after the last.
 */
export function build(count: u32, out: usize, offsets: usize, base: usize): usize {
  for (let first: u32 = 0; first < count; first += LANES) {
    // Lanes without a recipient repeat the last one.
    for (let lane: u32 = 0; lane < LANES; lane++) begin(lane, min(first + lane, count - 1));
    for (let half: u32 = 0; half < LANES; half += HALF) gatherInputs(half, first, count - 1);
    encryptKeyData();
    authenticate();
    for (let lane: u32 = 0; lane < min(count - first, LANES); lane++) {
      const message = slots + lane * u32(slot);
      const length = usize(load<u32>(ends + lane * 4)) + MAC - message;
      copyOver(out, message, length);
      out += length;
      store<u32>(offsets + (first + lane) * 4, u32(out - base));
    }
  }
  return out;
}

/** Forgets the keys of the last recipients, as many as were laid out. */
export function wipe(count: u32): void {
  zero(muks, count * MUK);
  zero(muk, 8 * WORD);
  zero(mukKey, 2 * STATE);
  zero(macKey, 2 * STATE);
  zero(encr, STATE);
  zero(auth, STATE);
  zero(salt, STATE);
  zero(BLOCK, 80 * WORD);
  wipeKeys();
}

/** Writes what differs into the slot of `lane`, as far as the key data. */
function begin(lane: u32, recipient: u32): void {
  const message = slots + lane * u32(slot);
  const from = recipient == 0 ? 0 : load<u32>(idEnds + (recipient - 1) * 4);
  const idLength = load<u32>(idEnds + recipient * 4) - from;
  const csb = load<u32>(csbIds + recipient * 4);
  const count = load<u32>(counters + recipient * 4);
  store<u32>(csbId + lane * 4, csb);
  store<u32>(counter + lane * 4, count);
  store<u32>(message, bswap(csb), 4);
  store<u32>(message + counterAt, bswap(count));
  v128.store(message + randAt, v128.load(rands + recipient * RAND));
  store<u16>(message + idAt, bswap(u16(idLength)));
  const id = message + idAt + 2;
  copyOver(id, ids + from, idLength);
  copyOver(id + idLength, suffix, suffixLength);
  const place = id + idLength + suffixLength;
  store<u32>(keyDataPlaces + lane * 4, u32(place));
  store<u32>(ends + lane * 4, u32(place + keyDataLength + 1));
}

/**
 * Lays the MUKs and RANDs of one register's recipients, from `first` + `half` on but at most `last`, in its
 * lanes.
 */
function gatherInputs(half: u32, first: u32, last: u32): void {
  const a = min(first + half, last);
  const b = min(first + half + 1, last);
  const c = min(first + half + 2, last);
  const d = min(first + half + 3, last);
  for (let part: u32 = 0; part < MUK; part += 16) {
    const from = muks + part;
    gather(muk + part * 8 + half * 4, from + a * MUK, from + b * MUK, from + c * MUK, from + d * MUK);
  }
  gather(rand + half * 4, rands + a * RAND, rands + b * RAND, rands + c * RAND, rands + d * RAND);
}

/** Derives the keys that encrypt, where there are any, and writes the key data and the MAC alg. */
function encryptKeyData(): void {
  setKey(mukKey, muk, 8);
  setLabels(csbId, rand);
  if (isEncrypted) {
    derive(encr, mukKey, ENCR);
    derive(salt, mukKey, SALT);
    setIvs(salt, csbId, counter);
    cipher(encr, keyData, keyDataLength, keyDataPlaces);
  }
  for (let lane: u32 = 0; lane < LANES; lane++) {
    if (!isEncrypted) copyOver(load<u32>(keyDataPlaces + lane * 4), keyData, keyDataLength);
    store<u8>(load<u32>(ends + lane * 4) - 1, HMAC_SHA_1_160);
  }
}

/**
 * Derives the keys that authenticate and appends HMAC-SHA-1 (RFC 3830 §5.2). The messages may differ in
 * length.
 */
function authenticate(): void {
  derive(auth, mukKey, AUTH);
  let most: u32 = 0;
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const count = pad(slots + lane * u32(slot), load<u32>(ends + lane * 4));
    store<u32>(blocks + lane * 4, count);
    most = max(most, count);
  }
  setKey(macKey, auth, 5);
  copyOver(state, macKey, STATE);
  for (let block: u32 = 0; block < most; block++) {
    for (let part: u32 = 0; part < 64; part += 16) {
      for (let half: u32 = 0; half < LANES; half += HALF) {
        const at = slots + half * u32(slot) + block * 64 + part;
        gather(BLOCK + part * 8 + half * 4, at, at + slot, at + 2 * slot, at + 3 * slot);
      }
    }
    compress(state, next);
    // A message that has ended keeps its state.
    for (let at: usize = 0; at < STATE; at += 16) {
      const goesOn = i32x4.gt_u(v128.load(blocks + (at & 16)), i32x4.splat(block));
      v128.store(state + at, v128.bitselect(v128.load(next + at), v128.load(state + at), goesOn));
    }
  }
  finish(state, macKey, state);
  for (let half: u32 = 0; half < LANES; half += HALF) {
    scatter(macs, state + half * 4);
    for (let lane: u32 = 0; lane < HALF; lane++) {
      const end = load<u32>(ends + (half + lane) * 4);
      v128.store(end, v128.load(macs + lane * 16));
      store<u32>(end, bswap(load<u32>(state + 4 * WORD + (half + lane) * 4)), 16);
    }
  }
}

/** Pads a message as the rest of a text that begins with HMAC's key block; returns its blocks. */
function pad(message: usize, end: usize): u32 {
  const octets = u32(end - message);
  const count = (octets + 9 + 63) >> 6;
  const last = message + count * 64 - 4;
  for (let at = end; at < last; at += 16) v128.store(at, i64x2.splat(0));
  store<u8>(end, 0x80);
  store<u32>(last, bswap((64 + octets) << 3));
  return count;
}
