import { copyOver, zero } from './lanes';
import { encrypt, setKey, wipeKey } from './aes-256';
import { MESSAGES, setH, turn, update, wipeH } from './ghash';

/** Octets before the nonce, and of the nonce, see `sealKey`. */
const NONCE_AT: usize = 5;
const NONCE: usize = 12;
const SEALED_AT: usize = NONCE_AT + NONCE;

// Of the batch. The additional data is `before` ‖ length of pk (2) ‖ start of pk ‖ ID ‖ `after`: the first
// and the last as they stand, and the length is written where it belongs.
let before: usize = 0;
let beforeLength: usize = 0;
let lengthAt: usize = 0;
let after: usize = 0;
let afterLength: usize = 0;
/** Octets of a key, of what is kept for a sealed one, and of what is hashed of each message at most. */
let length: usize = 0;
let sealedSlot: usize = 0;
let slot: usize = 0;
let slots: usize = 0;
let streams: usize = 0;

const h: usize = memory.data(64, 16);
const state: usize = memory.data(256, 16);

/** The key of 32 octets that all are sealed under. */
export function setDataKey(key: usize): void {
  setKey(key);
  zero(h, 64);
  encrypt(h);
  setH(h);
}

/**
 * What additional data has before and after the ID, and where in it the length of pk stands, which counts
 * from behind itself to the end of the ID.
 */
export function setPlaces(
  beforeAt: usize,
  beforeOctets: usize,
  lengthOfPkAt: usize,
  afterAt: usize,
  afterOctets: usize,
): void {
  before = beforeAt;
  beforeLength = beforeOctets;
  lengthAt = lengthOfPkAt;
  after = afterAt;
  afterLength = afterOctets;
}

/**
 * Octets of a key, and of what is kept for each sealed one. Sixteen messages are hashed in `slotsAt`, of a
 * multiple of 16 octets each, and their key streams made in `streamsAt`.
 */
export function setSizes(octets: usize, sealedOctets: usize, slotsAt: usize, slotOctets: usize, streamsAt: usize): void {
  length = octets;
  sealedSlot = sealedOctets;
  slots = slotsAt;
  slot = slotOctets;
  streams = streamsAt;
}

/**
 * Opens `count` sealed keys (NIST SP 800-38D §7.2). A key goes to `opened`, zeros where the tag is another,
 * and to `isOpened` goes an octet: 1, or 0. Up to 15 octets beyond what is opened are overwritten.
 */
export function openKeys(
  count: usize,
  sealed: usize,
  ids: usize,
  idEnds: usize,
  opened: usize,
  isOpened: usize,
): void {
  for (let first: usize = 0; first < count; first += MESSAGES) {
    const messages = min(MESSAGES, count - first);
    for (let message: usize = 0; message < messages; message++) {
      const index = first + message;
      const from = index == 0 ? 0 : load<u32>(idEnds + (index - 1) * 4);
      const idLength = load<u32>(idEnds + index * 4) - from;
      layOut(slots + message * slot, sealed + index * sealedSlot, ids + from, idLength);
    }
    makeStreams(messages, sealed + first * sealedSlot);
    zero(state, 256);
    for (let block: usize = 0; block < slot; block += 16) update(state, slots + block, slot);
    turn(state);
    for (let message: usize = 0; message < messages; message++) {
      const index = first + message;
      const ok = openOne(message, sealed + index * sealedSlot + SEALED_AT, opened + index * length);
      store<u8>(isOpened + index, ok);
    }
  }
}

/** Forgets the data key, and of the messages what gives their keys away. */
export function wipeOpening(): void {
  wipeKey();
  wipeH();
  zero(h, 64);
  zero(state, 256);
  zero(streams, streamsOctets());
}

/** What GHASH takes of a message, at the end of its slot: zeros before it add nothing. */
function layOut(to: usize, sealed: usize, id: usize, idLength: usize): void {
  const additional = beforeLength + idLength + afterLength;
  const blocks = ((additional + 15) >> 4) + ((length + 15) >> 4) + 1;
  const at = to + slot - blocks * 16;
  zero(to, slot);
  copyOver(at, before, beforeLength);
  store<u16>(at + lengthAt, bswap(u16(beforeLength - lengthAt - 2 + idLength)));
  copyOver(at + beforeLength, id, idLength);
  copyOver(at + beforeLength + idLength, after, afterLength);
  zeroFrom(at + additional);
  const text = at + ((additional + 15) & ~15);
  copyOver(text, sealed + SEALED_AT, length);
  zeroFrom(text + length);
  const lengths = to + slot - 16;
  store<u64>(lengths, bswap(u64(additional) << 3));
  store<u64>(lengths, bswap(u64(length) << 3), 8);
}

/** Zeros up to the next block. */
function zeroFrom(end: usize): void {
  for (let at = end; (at & 15) != 0; at++) store<u8>(at, 0);
}

/** Of each message the block that hides its tag, and then its key stream. */
function makeStreams(messages: usize, sealed: usize): void {
  const blocks = ((length + 15) >> 4) + 1;
  for (let message: usize = 0; message < messages; message++) {
    const nonce = v128.load(sealed + message * sealedSlot + NONCE_AT);
    for (let block: usize = 0; block < blocks; block++) {
      const counter = i32(bswap(u32(block) + 1));
      v128.store(streams + (message * blocks + block) * 16, i32x4.replace_lane(nonce, 3, counter));
    }
  }
  for (let at: usize = 0; at < messages * blocks * 16; at += 64) encrypt(streams + at);
}

function streamsOctets(): usize {
  return MESSAGES * (((length + 15) >> 4) + 1) * 16;
}

/**
 * 1 where the tag is right; the comparison takes no branch, and a key that is not authentic does not come
 * out.
 */
function openOne(message: usize, text: usize, to: usize): u8 {
  const stream = streams + message * (((length + 15) >> 4) + 1) * 16;
  const tag = v128.xor(v128.load(state + message * 16), v128.load(stream));
  const isOther = v128.any_true(v128.xor(tag, v128.load(text + length)));
  const mask = i8x16.splat(i8(i32(isOther) - 1));
  for (let at: usize = 0; at < length; at += 16)
    v128.store(to + at, v128.and(mask, v128.xor(v128.load(text + at), v128.load(stream + 16 + at))));
  return u8(isOther) ^ 1;
}
