import { setKey } from './hmac';
import { copyOver, gather, gatherKeys, HALF, LANES, WORD, zero } from './lanes';
import { counter, decode, idAt, idLength, TO_CHECK } from './payloads';
import { derive, setLabels } from './prf';
import { BLOCK, STATE } from './sha1';
import { LAST_WORD, macTexts, MAC_START, wipeMacs } from './texts';

/** Octets of a MUK, of a RAND and of a MAC. */
const MUK: u32 = 32;
const RAND: u32 = 16;
const MAC: u32 = 20;

/** Constant of the label of the key that authenticates (RFC 3830 §4.1.4). */
const AUTH: i32 = 0x2d22ac75;

/** A row for each message: 32-bit words. The first two are given, the others written. */
const ROW: u32 = 28;
const MESSAGE: u32 = 0;
const LENGTH: u32 = 4;
const STATUS: u32 = 8;
const COUNTER: u32 = 12;
const ID_AT: u32 = 16;
const ID_LENGTH: u32 = 20;
const NEXT: u32 = 24;

/** Statuses beside those of `decode`. */
const AUTHENTIC: u32 = 3;
const NOT_AUTHENTIC: u32 = 4;

let rows: u32 = 0;
let muks: u32 = 0;
let rands: u32 = 0;
let bmscId: u32 = 0;
let bmscIdLength: u32 = 0;
let slots: u32 = 0;
let slot: u32 = 0;

const muk: usize = memory.data(256, 16);
const rand: usize = memory.data(128, 16);
const csbId: usize = memory.data(32, 16);
const mukKey: usize = memory.data(320, 16);
const macKey: usize = memory.data(320, 16);
const auth: usize = memory.data(160, 16);
/** Where the text of each lane ends, and the row of each lane. */
const ends: usize = memory.data(32, 16);
const places: usize = memory.data(32, 16);

/** Rows by the number of blocks of their texts, each the first of a list; the last has all longer ones. */
const MOST_BLOCKS: u32 = 63;
const byBlocks: usize = memory.data(256, 16);

/**
 * Where the rows stand, and of each row the MUK and the RAND of the message that it may answer. Texts are
 * made in eight slots.
 */
export function setVerification(rowsAt: u32, muksAt: u32, randsAt: u32, slotsAt: u32, slotLength: u32): void {
  rows = rowsAt;
  muks = muksAt;
  rands = randsAt;
  slots = slotsAt;
  slot = slotLength;
}

/** IDi of the BM-SC, which may be read 15 octets beyond its end. */
export function setBmscId(bmscIdAt: u32, length: u32): void {
  bmscId = bmscIdAt;
  bmscIdLength = length;
}

/** Decodes `count` messages, and writes in their rows what they are, their counters, and where IDr stands. */
export function decodeVerification(count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const row = rows + index * ROW;
    const message = load<u32>(row, MESSAGE);
    store<u32>(row, decode(message, load<u32>(row, LENGTH)), STATUS);
    store<u32>(row, counter, COUNTER);
    store<u32>(row, idAt - message, ID_AT);
    store<u32>(row, idLength, ID_LENGTH);
  }
}

/**
 * Checks the MACs of the rows that are TO_CHECK (RFC 3830 §5.2, TS 33.246 §6.4.5.2), of `count` in all, and
 * writes AUTHENTIC or NOT_AUTHENTIC in them. Rows of one length go together: a long message makes no short
 * one wait.
 */
export function checkVerification(count: u32): void {
  memory.fill(byBlocks, 0, 4 * (MOST_BLOCKS + 1));
  for (let index: u32 = 0; index < count; index++) {
    const row = rows + index * ROW;
    if (load<u32>(row, STATUS) != TO_CHECK) continue;
    const list = byBlocks + 4 * min((textLength(row) + 9 + 63) >> 6, MOST_BLOCKS);
    store<u32>(row, load<u32>(list), NEXT);
    store<u32>(list, row);
  }
  let lane: u32 = 0;
  for (let blocks: u32 = 0; blocks <= MOST_BLOCKS; blocks++) {
    for (let row = load<u32>(byBlocks + 4 * blocks); row != 0; row = load<u32>(row, NEXT)) {
      store<u32>(places + lane * 4, row);
      lane += 1;
      if (lane == LANES) {
        checkLanes(LANES);
        lane = 0;
      }
    }
  }
  if (lane > 0) checkLanes(lane);
}

/** Forgets the keys of the last rows, as many as were laid out, and the MACs that are right. */
export function wipeVerification(count: u32): void {
  zero(muks, count * MUK);
  zero(muk, 8 * WORD);
  zero(mukKey, 2 * STATE);
  zero(macKey, 2 * STATE);
  zero(auth, STATE);
  zero(BLOCK, 80 * WORD);
  wipeMacs();
}

/** The MAC covers the message up to it, then IDi, IDr and the counter. */
function textLength(row: u32): u32 {
  return load<u32>(row, LENGTH) - MAC + bmscIdLength + load<u32>(row, ID_LENGTH) + 4;
}

/** Checks the first `count` of `places`. */
function checkLanes(count: u32): void {
  // Lanes without a message repeat the last one.
  for (let lane = count; lane < LANES; lane++)
    store<u32>(places + lane * 4, load<u32>(places + (count - 1) * 4));
  for (let lane: u32 = 0; lane < LANES; lane++) putText(lane, load<u32>(places + lane * 4));
  for (let half: u32 = 0; half < LANES; half += HALF) gatherInputs(half);
  setKey(mukKey, muk, 8);
  setLabels(csbId, rand);
  derive(auth, mukKey, AUTH);
  setKey(macKey, auth, 5);
  macTexts(macKey, slots, slot, ends);
  for (let lane: u32 = 0; lane < count; lane++) compare(lane, load<u32>(places + lane * 4));
}

function putText(lane: u32, row: u32): void {
  const message = load<u32>(row, MESSAGE);
  store<u32>(csbId + lane * 4, bswap(load<u32>(message, 4)));
  const covered = load<u32>(row, LENGTH) - MAC;
  let to = slots + lane * slot;
  copyOver(to, message, covered);
  to += covered;
  copyOver(to, bmscId, bmscIdLength);
  to += bmscIdLength;
  const length = load<u32>(row, ID_LENGTH);
  copyOver(to, message + load<u32>(row, ID_AT), length);
  to += length;
  store<u32>(to, bswap(load<u32>(row, COUNTER)));
  store<u32>(ends + lane * 4, to + 4);
}

/** Lays the MUKs and RANDs of one register's rows in its lanes. */
function gatherInputs(half: u32): void {
  const a = indexOf(half);
  const b = indexOf(half + 1);
  const c = indexOf(half + 2);
  const d = indexOf(half + 3);
  gatherKeys(muk + half * 4, muks, a, b, c, d);
  gather(rand + half * 4, rands + a * RAND, rands + b * RAND, rands + c * RAND, rands + d * RAND);
}

function indexOf(lane: u32): u32 {
  return (load<u32>(places + lane * 4) - rows) / ROW;
}

/** The comparison takes no branch: how many octets of a MAC are right does not change the time. */
function compare(lane: u32, row: u32): void {
  const mac = load<u32>(row, MESSAGE) + load<u32>(row, LENGTH) - MAC;
  const first = v128.xor(v128.load(mac), v128.load(MAC_START + lane * 16));
  const last = load<u32>(mac, 16) ^ load<u32>(LAST_WORD + lane * 4);
  const isOther = v128.any_true(v128.or(first, i32x4.splat(last)));
  store<u32>(row, AUTHENTIC + (NOT_AUTHENTIC - AUTHENTIC) * u32(isOther), STATUS);
}
