import {
  buildMskMessages,
  type MessageBatch,
  type MskMessageBuilder,
  type MskPush,
  type MskRecipient,
} from '../mikey/message/msk-batch.ts';
import { MUK_LENGTH, RAND_LENGTH, type Template, templateOf } from './msk-message-template.ts';

/** What the module compiled from `assembly/` exports; addresses are octets of its memory. */
export interface SimdModule {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly heapBase: { readonly value: number };
  readonly setLayout: (counterAt: number, randAt: number, idAt: number, slots: number, slot: number) => void;
  readonly setEnd: (
    suffix: number,
    suffixLength: number,
    keyData: number,
    keyDataLength: number,
    isEncrypted: number,
  ) => void;
  readonly setRecipients: (
    muks: number,
    rands: number,
    csbIds: number,
    counters: number,
    idEnds: number,
    ids: number,
  ) => void;
  readonly build: (count: number, out: number, ends: number, base: number) => number;
  readonly wipe: (count: number) => void;
}

/** Recipients whose inputs are laid out at a time; it bounds the memory beside the messages. */
const CHUNK = 1024;
const LANES = 8;
const PAGE = 65_536;
/** Copies go in steps of 16 octets, or 32, and may touch so many beyond their end. */
const SLACK = 32;
/** MAC alg and MAC; and what pads a message for SHA-1 at most. */
const END = 21;
const PADDING = 72;
const MAX_ID_LENGTH = 0xffff;

/**
 * A builder that makes eight messages at a time in the lanes of SIMD registers (`assembly/`): octet for octet what
 * `buildMskMessages` makes. Neither time nor addresses depend on keys, and no key stays in the module's memory; the
 * template of the last push, with its MSK, is kept.
 * What that is not made for (a MUK not of 32 octets, a RAND not of 16, values out of range, IDs that are not ASCII, or texts
 * only in part) goes the plain way.
 */
export function createSimdBuilder(module: SimdModule): MskMessageBuilder {
  let last: { readonly push: MskPush; readonly template: Template } | undefined;
  return (push, recipients) => {
    const ids = idsOf(recipients);
    if (ids === undefined) return buildMskMessages(push, recipients);
    // A template takes as long as hundreds of messages, and a push is many batches.
    if (last === undefined || !isSame(last.push, push))
      last = { push: { ...push, bmscId: Uint8Array.from(push.bmscId) }, template: templateOf(push) };
    return buildInLanes(module, last.template, recipients, ids);
  };
}

/** Whether two pushes have the same template; lists are the same only where they are one. */
function isSame(one: MskPush, other: MskPush): boolean {
  return (
    one.keyDomainId === other.keyDomainId &&
    one.mskId.keyGroup === other.mskId.keyGroup &&
    one.mskId.keyNumber === other.mskId.keyNumber &&
    one.validity.seql === other.validity.seql &&
    one.validity.sequ === other.validity.sequ &&
    one.verificationRequested === other.verificationRequested &&
    one.encryption === other.encryption &&
    one.csIdMap === other.csIdMap &&
    one.securityPolicies === other.securityPolicies &&
    Buffer.compare(one.bmscId, other.bmscId) === 0 &&
    one.msk.equals(other.msk)
  );
}

/** Octets of all IDr together and of the longest; and all of them as one text, where they are texts. */
interface Ids {
  readonly sum: number;
  readonly most: number;
  readonly text: string | undefined;
}

/** Undefined when a recipient is not for the lanes. */
function idsOf(recipients: readonly MskRecipient[]): Ids | undefined {
  let sum = 0;
  let most = 0;
  let text = '';
  for (const { muk, rand, csbId, counter, ueId } of recipients) {
    if (muk.length !== MUK_LENGTH || rand.length !== RAND_LENGTH || ueId.length > MAX_ID_LENGTH)
      return undefined;
    if (csbId >>> 0 !== csbId || counter >>> 0 !== counter) return undefined;
    sum += ueId.length;
    if (ueId.length > most) most = ueId.length;
    if (typeof ueId === 'string') text += ueId;
  }
  if (text.length > 0 && (text.length !== sum || Buffer.byteLength(text) !== sum)) return undefined;
  return { sum, most, text: text.length > 0 ? text : undefined };
}

function buildInLanes(
  module: SimdModule,
  template: Template,
  recipients: readonly MskRecipient[],
  { sum, most, text }: Ids,
): MessageBatch {
  const { prefix, suffix, keyData } = template;
  const count = recipients.length;
  const ownLength = prefix.length + 2 + suffix.length + keyData.length + END;
  const slot = aligned(ownLength + most + PADDING + SLACK);
  const chunk = Math.min(count, CHUNK);
  // One area after another.
  const suffixAt = aligned(module.heapBase.value);
  const keyDataAt = aligned(suffixAt + suffix.length + SLACK);
  const slots = aligned(keyDataAt + keyData.length + SLACK);
  const muks = slots + LANES * slot;
  const rands = muks + chunk * MUK_LENGTH;
  const csbIds = rands + chunk * RAND_LENGTH;
  const counters = aligned(csbIds + chunk * 4);
  const idEnds = aligned(counters + chunk * 4);
  const ends = aligned(idEnds + chunk * 4);
  const ids = aligned(ends + (count + 1) * 4);
  const out = aligned(ids + Math.min(sum, chunk * most) + SLACK);
  const length = count * ownLength + sum;
  grow(module.memory, out + length + SLACK);

  const { buffer } = module.memory;
  const octets = new Uint8Array(buffer);
  octets.set(suffix, suffixAt);
  octets.set(keyData, keyDataAt);
  for (let lane = 0; lane < LANES; lane++) octets.set(prefix, slots + lane * slot);
  module.setLayout(template.counterAt, template.randAt, prefix.length, slots, slot);
  module.setEnd(suffixAt, suffix.length, keyDataAt, keyData.length, template.isEncrypted ? 1 : 0);
  module.setRecipients(muks, rands, csbIds, counters, idEnds, ids);
  const words = new Uint32Array(buffer);
  words[ends / 4] = 0;
  let end = out;
  let textEnd = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const last = Math.min(first + CHUNK, count);
    let idEnd = 0;
    for (let index = first, place = 0; index < last; index++, place++) {
      const recipient = recipients[index] as MskRecipient;
      recipient.muk.copyTo(octets, muks + place * MUK_LENGTH);
      octets.set(recipient.rand, rands + place * RAND_LENGTH);
      if (typeof recipient.ueId !== 'string') octets.set(recipient.ueId, ids + idEnd);
      idEnd += recipient.ueId.length;
      words[csbIds / 4 + place] = recipient.csbId;
      words[counters / 4 + place] = recipient.counter;
      words[idEnds / 4 + place] = idEnd;
    }
    if (text !== undefined) {
      Buffer.from(buffer, ids, idEnd).write(text.slice(textEnd, textEnd + idEnd), 'latin1');
      textEnd += idEnd;
    }
    end = module.build(last - first, end, ends + (first + 1) * 4, out);
  }
  module.wipe(chunk);
  octets.fill(0, keyDataAt, keyDataAt + keyData.length);
  return {
    octets: octets.subarray(out, out + length),
    offsets: words.subarray(ends / 4, ends / 4 + count + 1),
    count,
  };
}

function grow(memory: SimdModule['memory'], need: number): void {
  const missing = need - memory.buffer.byteLength;
  // Half as much again, so that batches that grow by little do not grow it each time.
  if (missing > 0) memory.grow(Math.ceil((missing + need / 2) / PAGE));
}

function aligned(address: number): number {
  return (address + 15) & ~15;
}
