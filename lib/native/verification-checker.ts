import type { MskRecipient } from '../mikey/message/msk-batch.ts';
import {
  checkVerificationMessages,
  type SentWith,
  type Verdict,
  type VerificationChecker,
} from '../mikey/message/verification-batch.ts';
import { aligned, CHUNK, HeapLayout, type ModuleMemory, SLACK } from './module/heap.ts';

/** What the module compiled from `wasm/` exports. Addresses are indices of octets in its memory. */
export interface CheckerModule {
  readonly memory: ModuleMemory;
  readonly heapBase: { readonly value: number };
  readonly setVerification: (rows: number, muks: number, rands: number, slots: number, slot: number) => void;
  readonly setBmscId: (bmscId: number, length: number) => void;
  readonly decodeVerification: (count: number) => void;
  readonly checkVerification: (count: number) => void;
  readonly wipeVerification: (count: number) => void;
}

const LANES = 8;
const MUK_LENGTH = 32;
const RAND_LENGTH = 16;
/** The most octets that pad a text for SHA-1, and of a counter. */
const PADDING = 72 + 4;
/** The longest message, and the longest IDi, that the lanes take, in octets. */
const MAX_LENGTH = 2048;

/** Words of a row, and where in it they stand. */
const ROW_WORDS = 7;
const MESSAGE = 0;
const LENGTH = 1;
const STATUS = 2;
const COUNTER = 3;
const ID_AT = 4;
const ID_LENGTH = 5;

/** Statuses of a row. A message that is whole but can't be authentic has another. */
const MALFORMED = 0;
const NOT_AUTHENTIC = 1;
const TO_CHECK = 2;
const AUTHENTIC = 3;

/**
 * A checker that decodes messages in WebAssembly, and derives keys and computes MACs of eight messages at a
 * time in the lanes of SIMD registers (`wasm/`), with the verdicts of `checkVerificationMessages`. Neither
 * time nor addresses depend on keys or on the MACs that are right, and neither stays in the module's memory.
 * Whoever sends a message can't make it cost more than an authentic one of its length. A message that the
 * lanes can't take goes to `checkVerificationMessages`: one of over 2048 octets, or sent under a MUK not of
 * 32 or with a RAND not of 16 octets.
 */
export function createSimdChecker(module: CheckerModule): VerificationChecker {
  return (messages, bmscId, sentWith) => {
    if (bmscId.length > MAX_LENGTH) return checkVerificationMessages(messages, bmscId, sentWith);
    const verdicts: Verdict[] = [];
    for (let first = 0; first < messages.length; first += CHUNK) {
      const last = Math.min(first + CHUNK, messages.length);
      checkInLanes(module, { messages, bmscId, sentWith, first, last }, verdicts);
    }
    return verdicts;
  };
}

/** Messages from `first` to before `last`. */
interface Chunk {
  readonly messages: readonly Uint8Array[];
  readonly bmscId: Uint8Array;
  readonly sentWith: SentWith;
  readonly first: number;
  readonly last: number;
}

/** Where the inputs and outputs of a chunk stand in the module's memory. */
interface Areas {
  readonly bmscId: number;
  readonly rows: number;
  readonly muks: number;
  readonly rands: number;
  readonly octets: number;
}

function checkInLanes(module: CheckerModule, chunk: Chunk, verdicts: Verdict[]): void {
  const { bmscId, first, last } = chunk;
  const count = last - first;
  const areas = layOut(module, chunk);
  const octets = new Uint8Array(module.memory.buffer);
  const rows = new Uint32Array(module.memory.buffer, areas.rows, count * ROW_WORDS);
  octets.set(bmscId, areas.bmscId);
  module.setBmscId(areas.bmscId, bmscId.length);
  putMessages(chunk, areas, octets, rows);
  module.decodeVerification(count);
  try {
    for (let row = 0; row < count; row++) match(chunk, row, areas, octets, rows);
    module.checkVerification(count);
  } finally {
    module.wipeVerification(count);
  }
  for (let row = 0; row < count; row++) verdicts.push(verdictOf(chunk, row, rows));
}

function layOut(module: CheckerModule, { messages, bmscId, first, last }: Chunk): Areas {
  let sum = 0;
  let longest = 0;
  for (let index = first; index < last; index++) {
    const length = inLanes(messages[index] as Uint8Array);
    sum += length;
    if (length > longest) longest = length;
  }
  const count = last - first;
  // The text of a MAC has IDr twice: in the message, and behind IDi.
  const slot = aligned(2 * longest + bmscId.length + PADDING + SLACK);
  const heap = new HeapLayout(module.heapBase.value);
  const areas = {
    bmscId: heap.reserve(bmscId.length),
    rows: heap.reserve(count * ROW_WORDS * 4),
    muks: heap.reserve(count * MUK_LENGTH),
    rands: heap.reserve(count * RAND_LENGTH),
    octets: heap.reserve(sum),
  };
  const slots = heap.reserve(LANES * slot);
  heap.fit(module.memory);
  module.setVerification(areas.rows, areas.muks, areas.rands, slots, slot);
  return areas;
}

/** Octets of a message in the module's memory: none of one that is too long. */
function inLanes({ length }: Uint8Array): number {
  return length > MAX_LENGTH ? 0 : length;
}

function putMessages({ messages, first, last }: Chunk, areas: Areas, octets: Uint8Array, rows: Uint32Array) {
  let at = areas.octets;
  for (let index = first, word = 0; index < last; index++, word += ROW_WORDS) {
    const message = messages[index] as Uint8Array;
    const length = inLanes(message);
    rows[word + MESSAGE] = at;
    rows[word + LENGTH] = length;
    if (length > 0) octets.set(message, at);
    at += length;
  }
}

/** Lays the keys of what a message answers in its row, or makes the row one that is not to be checked. */
function match(chunk: Chunk, row: number, areas: Areas, octets: Uint8Array, rows: Uint32Array): void {
  const word = row * ROW_WORDS;
  if (rows[word + STATUS] !== TO_CHECK) return;
  const counter = rows[word + COUNTER] as number;
  const sent = chunk.sentWith(chunk.first + row, counter);
  const at = rows[word + MESSAGE] as number;
  const idAt = at + (rows[word + ID_AT] as number);
  if (
    sent === undefined ||
    sent.counter !== counter ||
    sent.csbId !== csbIdAt(octets, at) ||
    !isIdr(octets, idAt, rows[word + ID_LENGTH] as number, sent.ueId)
  ) {
    rows[word + STATUS] = NOT_AUTHENTIC;
  } else if (sent.muk.length !== MUK_LENGTH || sent.rand.length !== RAND_LENGTH) {
    rows[word + STATUS] = statusByReference(chunk, row);
  } else {
    sent.muk.copyTo(octets, areas.muks + row * MUK_LENGTH);
    octets.set(sent.rand, areas.rands + row * RAND_LENGTH);
  }
}

/** The CSB ID of a message that is decoded: octets 4 to 7 (RFC 3830 §6.1). */
function csbIdAt(octets: Uint8Array, at: number): number {
  let csbId = 0;
  for (let index = at + 4; index < at + 8; index++) csbId = csbId * 256 + (octets[index] as number);
  return csbId;
}

/** Whether the `length` octets at `at` are this IDr, which nobody keeps secret. */
function isIdr(octets: Uint8Array, at: number, length: number, ueId: MskRecipient['ueId']): boolean {
  if (typeof ueId !== 'string') {
    if (ueId.length !== length) return false;
    for (let index = 0; index < length; index++) if (octets[at + index] !== ueId[index]) return false;
    return true;
  }
  if (ueId.length === length) {
    let index = 0;
    // A character that is no ASCII has more octets than one, and equals none.
    while (index < length && octets[at + index] === ueId.charCodeAt(index) && ueId.charCodeAt(index) < 0x80)
      index++;
    if (index === length) return true;
  }
  return Buffer.from(ueId).equals(octets.subarray(at, at + length));
}

function verdictOf(chunk: Chunk, row: number, rows: Uint32Array): Verdict {
  const { length } = chunk.messages[chunk.first + row] as Uint8Array;
  if (length > MAX_LENGTH) return byReference(chunk, row);
  const status = rows[row * ROW_WORDS + STATUS];
  if (status === AUTHENTIC) return 'authentic';
  return status === MALFORMED ? 'malformed' : 'not-authentic';
}

function statusByReference(chunk: Chunk, row: number): number {
  return byReference(chunk, row) === 'authentic' ? AUTHENTIC : NOT_AUTHENTIC;
}

function byReference({ messages, bmscId, sentWith, first }: Chunk, row: number): Verdict {
  const index = first + row;
  const message = messages[index] as Uint8Array;
  const [verdict] = checkVerificationMessages([message], bmscId, (_, counter) => sentWith(index, counter));
  return verdict ?? 'malformed';
}
