import {
  buildMskMessages,
  type MessageBatch,
  type MskMessageBuilder,
  type MskPush,
  type MskRecipient,
} from '../mikey/message/msk-batch.ts';
import { aligned, CHUNK, HeapLayout, type ModuleMemory, SLACK } from './module/heap.ts';
import { MUK_LENGTH, RAND_LENGTH, type Template, templateOf } from './msk-message-template.ts';

/** What the module compiled from `wasm/` exports. Addresses are indices of octets in its memory. */
export interface SimdModule {
  readonly memory: ModuleMemory;
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

const LANES = 8;
/** MAC alg (1) and MAC (20) at the end of a message. */
const END = 21;
/** The most octets that pad a message for SHA-1. */
const PADDING = 72;
const MAX_ID_LENGTH = 0xffff;

/**
 * A builder that makes eight messages at a time in the lanes of SIMD registers (`wasm/`): octet for octet the
 * messages of `buildMskMessages`. Neither time nor addresses depend on keys. No key stays in the module's
 * memory; the template of the last push, with its MSK, stays in this process. A batch that the lanes can't
 * take goes to `buildMskMessages`: a MUK not of 32 octets, a RAND not of 16, values out of range, IDs that
 * are not ASCII, or IDs of which only some are texts.
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

/** Octets of all IDr together and of the longest one, and all of them as one text where they are texts. */
interface Ids {
  readonly sum: number;
  readonly longest: number;
  readonly text: string | undefined;
}

/** Undefined when the lanes can't take a recipient. */
function idsOf(recipients: readonly MskRecipient[]): Ids | undefined {
  let sum = 0;
  let longest = 0;
  let text = '';
  for (const { muk, rand, csbId, counter, ueId } of recipients) {
    if (muk.length !== MUK_LENGTH || rand.length !== RAND_LENGTH || ueId.length > MAX_ID_LENGTH)
      return undefined;
    if (csbId >>> 0 !== csbId || counter >>> 0 !== counter) return undefined;
    sum += ueId.length;
    if (ueId.length > longest) longest = ueId.length;
    if (typeof ueId === 'string') text += ueId;
  }
  if (text.length > 0 && (text.length !== sum || Buffer.byteLength(text) !== sum)) return undefined;
  return { sum, longest, text: text.length > 0 ? text : undefined };
}

/** Where the inputs and outputs of a batch stand in the module's memory. */
interface Areas {
  readonly suffix: number;
  readonly keyData: number;
  /** Eight slots, in which messages are made. */
  readonly slots: number;
  readonly slotLength: number;
  readonly muks: number;
  readonly rands: number;
  readonly csbIds: number;
  readonly counters: number;
  readonly idEnds: number;
  readonly ids: number;
  /** Where each message begins in `out`, and where the last ends: 32 bits each. */
  readonly offsets: number;
  readonly out: number;
  /** Octets of all messages. */
  readonly outLength: number;
}

function buildInLanes(
  module: SimdModule,
  template: Template,
  recipients: readonly MskRecipient[],
  ids: Ids,
): MessageBatch {
  const count = recipients.length;
  const areas = layOut(module, template, count, ids);
  const { buffer } = module.memory;
  const octets = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  putTemplate(module, template, areas, octets);
  const { out, offsets, keyData } = areas;
  words[offsets / 4] = 0;
  let end = out;
  let textEnd = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const last = Math.min(first + CHUNK, count);
    const idsLength = putRecipients(areas, recipients, first, last, octets, words);
    if (ids.text !== undefined) {
      const text = ids.text.slice(textEnd, textEnd + idsLength);
      Buffer.from(buffer, areas.ids, idsLength).write(text, 'latin1');
      textEnd += idsLength;
    }
    end = module.build(last - first, end, offsets + (first + 1) * 4, out);
  }
  module.wipe(Math.min(count, CHUNK));
  octets.fill(0, keyData, keyData + template.keyData.length);
  return {
    octets: octets.subarray(out, out + areas.outLength),
    offsets: words.subarray(offsets / 4, offsets / 4 + count + 1),
    count,
  };
}

function layOut(module: SimdModule, template: Template, count: number, { sum, longest }: Ids): Areas {
  const { prefix, suffix, keyData } = template;
  const withoutId = prefix.length + 2 + suffix.length + keyData.length + END;
  const slotLength = aligned(withoutId + longest + PADDING + SLACK);
  const outLength = count * withoutId + sum;
  const chunk = Math.min(count, CHUNK);
  const heap = new HeapLayout(module.heapBase.value);
  const areas = {
    suffix: heap.reserve(suffix.length),
    keyData: heap.reserve(keyData.length),
    slots: heap.reserve(LANES * slotLength),
    slotLength,
    muks: heap.reserve(chunk * MUK_LENGTH),
    rands: heap.reserve(chunk * RAND_LENGTH),
    csbIds: heap.reserve(chunk * 4),
    counters: heap.reserve(chunk * 4),
    idEnds: heap.reserve(chunk * 4),
    ids: heap.reserve(Math.min(sum, chunk * longest)),
    offsets: heap.reserve((count + 1) * 4),
    out: heap.reserve(outLength),
    outLength,
  };
  heap.fit(module.memory);
  return areas;
}

function putTemplate(module: SimdModule, template: Template, areas: Areas, octets: Uint8Array): void {
  const { prefix, suffix, keyData, counterAt, randAt, isEncrypted } = template;
  const { slots, slotLength } = areas;
  octets.set(suffix, areas.suffix);
  octets.set(keyData, areas.keyData);
  for (let lane = 0; lane < LANES; lane++) octets.set(prefix, slots + lane * slotLength);
  module.setLayout(counterAt, randAt, prefix.length, slots, slotLength);
  module.setEnd(areas.suffix, suffix.length, areas.keyData, keyData.length, isEncrypted ? 1 : 0);
  const { muks, rands, csbIds, counters, idEnds, ids } = areas;
  module.setRecipients(muks, rands, csbIds, counters, idEnds, ids);
}

/**
 * Puts the inputs of the recipients from `first` to before `last` into their areas; IDs that are texts are
 * left out.
 * @returns octets of their IDs
 */
function putRecipients(
  { muks, rands, csbIds, counters, idEnds, ids }: Areas,
  recipients: readonly MskRecipient[],
  first: number,
  last: number,
  octets: Uint8Array,
  words: Uint32Array,
): number {
  let idEnd = 0;
  for (let index = first, row = 0; index < last; index++, row++) {
    const recipient = recipients[index] as MskRecipient;
    recipient.muk.copyTo(octets, muks + row * MUK_LENGTH);
    octets.set(recipient.rand, rands + row * RAND_LENGTH);
    if (typeof recipient.ueId !== 'string') octets.set(recipient.ueId, ids + idEnd);
    idEnd += recipient.ueId.length;
    words[csbIds / 4 + row] = recipient.csbId;
    words[counters / 4 + row] = recipient.counter;
    words[idEnds / 4 + row] = idEnd;
  }
  return idEnd;
}
