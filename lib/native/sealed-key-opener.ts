import { SecretKey } from '../keys/secret-key.ts';
import {
  type AttributesById,
  locationOf,
  openSealedKeys,
  type SealedKeyOpener,
} from '../store/encryption/sealed-batch.ts';
import { additionalData, type DataKey, SEALING_OVERHEAD } from '../store/encryption/sealed-octets.ts';
import { aligned, CHUNK, HeapLayout, type ModuleMemory, SLACK } from './module/heap.ts';

/** What the module compiled from `wasm/` exports. Addresses are indices of octets in its memory. */
export interface OpenerModule {
  readonly memory: ModuleMemory;
  readonly heapBase: { readonly value: number };
  readonly setDataKey: (key: number) => void;
  readonly setPlaces: (
    before: number,
    beforeLength: number,
    lengthAt: number,
    after: number,
    afterLength: number,
  ) => void;
  readonly setSizes: (
    length: number,
    sealedSlot: number,
    slots: number,
    slot: number,
    streams: number,
  ) => void;
  readonly openKeys: (
    count: number,
    sealed: number,
    ids: number,
    idEnds: number,
    opened: number,
    isOpened: number,
  ) => void;
  readonly wipeOpening: () => void;
}

/** For fewer keys, making the tables of the data key takes longer than it saves. */
const MIN_KEYS = 8;
const LANES = 16;
const DATA_KEY_LENGTH = 32;
/** Octets of the longest key that the lanes take; a key of ours has 32. */
const MAX_LENGTH = 1024;

/**
 * An opener that takes sixteen sealed keys at a time through the lanes of SIMD registers (`wasm/`), with the
 * results of `openSealedKeys`. Neither time nor addresses depend on keys, and no key stays in the
 * module's memory. A batch that the lanes can't take goes to `openSealedKeys`: few keys, keys of
 * different lengths, or IDs that are not ASCII.
 */
export function createSimdOpener(module: OpenerModule): SealedKeyOpener {
  return (dataKey, sealed, ids, places) => {
    const length = (sealed[0]?.length ?? 0) - SEALING_OVERHEAD;
    if (!isForLanes(sealed, length)) return openSealedKeys(dataKey, sealed, ids, places);
    const keys: (SecretKey | undefined)[] = [];
    for (let first = 0; first < sealed.length; first += CHUNK) {
      const chunk = {
        sealed: sealed.slice(first, first + CHUNK),
        length,
        ids: ids.slice(first, first + CHUNK),
        places,
      };
      const opened = openInLanes(module, dataKey, chunk);
      for (const key of opened ?? openSealedKeys(dataKey, chunk.sealed, chunk.ids, places)) keys.push(key);
    }
    return keys;
  };
}

function isForLanes(sealed: readonly Uint8Array[], length: number): boolean {
  return (
    sealed.length >= MIN_KEYS &&
    length > 0 &&
    length <= MAX_LENGTH &&
    sealed.every((octets) => octets.length === length + SEALING_OVERHEAD)
  );
}

interface Chunk {
  readonly sealed: readonly Uint8Array[];
  /** Octets of each key. */
  readonly length: number;
  readonly ids: readonly string[];
  readonly places: AttributesById;
}

/** The additional data of an item with an empty ID, and where in it the parts stand that depend on the ID. */
interface Around {
  readonly octets: Uint8Array;
  readonly pkLengthAt: number;
  readonly idAt: number;
}

/** Where the inputs and outputs of a chunk stand in the module's memory. */
interface Areas {
  readonly dataKey: number;
  readonly around: number;
  /** Sixteen slots, in which messages are hashed. */
  readonly slots: number;
  readonly slotLength: number;
  readonly streams: number;
  readonly sealed: number;
  readonly sealedLength: number;
  readonly idEnds: number;
  readonly ids: number;
  readonly isOpened: number;
  readonly opened: number;
}

/** Undefined when an ID is not ASCII. */
function openInLanes(
  module: OpenerModule,
  dataKey: DataKey,
  chunk: Chunk,
): (SecretKey | undefined)[] | undefined {
  const { sealed, length, ids, places } = chunk;
  const allIds = ids.join('');
  if (Buffer.byteLength(allIds) !== allIds.length) return undefined;
  const around = aroundId(dataKey, places);
  const areas = layOut(module, around, chunk, allIds.length);
  const { buffer } = module.memory;
  const octets = new Uint8Array(buffer);
  octets.set(around.octets, areas.around);
  putSealed(areas, chunk, octets, new Uint32Array(buffer));
  Buffer.from(buffer, areas.ids, allIds.length).write(allIds, 'latin1');
  putDataKey(dataKey, octets, areas.dataKey);
  module.setDataKey(areas.dataKey);
  const { idAt, pkLengthAt } = around;
  module.setPlaces(areas.around, idAt, pkLengthAt, areas.around + idAt, around.octets.length - idAt);
  module.setSizes(length, areas.sealedLength, areas.slots, areas.slotLength, areas.streams);
  module.openKeys(sealed.length, areas.sealed, areas.ids, areas.idEnds, areas.opened, areas.isOpened);
  const keys = takeOpened(areas, chunk, octets);
  module.wipeOpening();
  octets.fill(0, areas.dataKey, areas.dataKey + DATA_KEY_LENGTH);
  return keys;
}

function aroundId(dataKey: DataKey, places: AttributesById): Around {
  const pkLengthAt = 2 + Buffer.byteLength(dataKey.madeFor);
  return {
    octets: Uint8Array.from(additionalData(dataKey.madeFor, locationOf(places, ''))),
    pkLengthAt,
    idAt: pkLengthAt + 2 + Buffer.byteLength(places.pkStart),
  };
}

function layOut(module: OpenerModule, around: Around, chunk: Chunk, idsLength: number): Areas {
  const { length, ids } = chunk;
  const count = ids.length;
  let longestId = 0;
  for (const id of ids) if (id.length > longestId) longestId = id.length;
  const sealedLength = aligned(SEALING_OVERHEAD + length);
  const slotLength = aligned(around.octets.length + longestId) + aligned(length) + 16;
  const heap = new HeapLayout(module.heapBase.value);
  const areas = {
    dataKey: heap.reserve(DATA_KEY_LENGTH),
    around: heap.reserve(around.octets.length),
    slots: heap.reserve(LANES * slotLength),
    slotLength,
    streams: heap.reserve(LANES * (aligned(length) + 16)),
    sealed: heap.reserve(count * sealedLength),
    sealedLength,
    idEnds: heap.reserve(count * 4),
    ids: heap.reserve(idsLength),
    isOpened: heap.reserve(count),
    opened: heap.reserve(count * length),
  };
  heap.fit(module.memory);
  return areas;
}

function putSealed(areas: Areas, { sealed, ids }: Chunk, octets: Uint8Array, words: Uint32Array): void {
  let idEnd = 0;
  for (let index = 0; index < sealed.length; index++) {
    octets.set(sealed[index] as Uint8Array, areas.sealed + index * areas.sealedLength);
    idEnd += (ids[index] as string).length;
    words[areas.idEnds / 4 + index] = idEnd;
  }
}

function putDataKey(dataKey: DataKey, octets: Uint8Array, at: number): void {
  const key = dataKey.key.export();
  octets.set(key, at);
  key.fill(0);
}

/** Copies the keys that were opened out of the module's memory, and wipes them there. */
function takeOpened(
  { opened, isOpened }: Areas,
  { sealed, length }: Chunk,
  octets: Uint8Array,
): (SecretKey | undefined)[] {
  const end = opened + sealed.length * length;
  const keys: (SecretKey | undefined)[] = SecretKey.many(octets.subarray(opened, end), length);
  for (let index = 0; index < sealed.length; index++)
    if (octets[isOpened + index] !== 1) keys[index] = undefined;
  octets.fill(0, opened, end + SLACK);
  return keys;
}
