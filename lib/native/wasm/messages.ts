import { cipher, setIvs } from './counter-mode';
import { setKey } from './hmac';
import { copyOver, gather, gatherKeys, HALF, LANES, WORD, zero } from './lanes';
import { derive, setLabels } from './prf';
import { BLOCK, STATE } from './sha1';
import { LAST_WORD, macTexts, MAC_START } from './texts';
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
/** Where in memory the key data of each message goes, and where the message without MAC ends. */
const keyDataPlaces: usize = memory.data(32, 16);
const ends: usize = memory.data(32, 16);

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
  gatherKeys(muk + half * 4, muks, a, b, c, d);
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

/** Derives the keys that authenticate and appends HMAC-SHA-1 (RFC 3830 §5.2). */
function authenticate(): void {
  derive(auth, mukKey, AUTH);
  setKey(macKey, auth, 5);
  macTexts(macKey, slots, slot, ends);
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const end = load<u32>(ends + lane * 4);
    v128.store(end, v128.load(MAC_START + lane * 16));
    store<u32>(end, load<u32>(LAST_WORD + lane * 4), 16);
  }
}
