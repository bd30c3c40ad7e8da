import { SecretKey } from '../keys/secret-key.ts';
import {
  type AlikePlaces,
  type OpenSealedKeys,
  openSealedKeysPlainly,
  placeOf,
} from '../store/encryption/sealed-batch.ts';
import { additionalData, type DataKey, SEALING_OVERHEAD } from '../store/encryption/sealed-octets.ts';

/** What the module compiled from `assembly/` exports; addresses are octets of its memory. */
export interface OpenerModule {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
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

/** For fewer keys the tables of the data key are not worth their making. */
const FEW = 8;
/** Keys whose inputs are laid out at a time; it bounds the memory. */
const CHUNK = 1024;
const LANES = 16;
const PAGE = 65_536;
const DATA_KEY_LENGTH = 32;
/** Copies go in steps of 16 octets, and may touch so many beyond their end. */
const SLACK = 16;
/** Keys are shorter; a key of ours has 32 octets. */
const MAX_LENGTH = 1024;

/**
 * An opener that takes sixteen sealed keys at a time through the lanes of SIMD registers (`assembly/`): what it says of each is
 * what `openSealedKeysPlainly` says. Neither time nor addresses depend on keys, and no key stays in the module's memory.
 * What that is not made for (few keys, keys of different lengths, IDs that are not ASCII) goes the plain way.
 */
export function createSimdOpener(module: OpenerModule): OpenSealedKeys {
  return (dataKey, sealed, ids, places) => {
    const length = (sealed[0]?.length ?? 0) - SEALING_OVERHEAD;
    const isForLanes =
      sealed.length >= FEW &&
      length > 0 &&
      length <= MAX_LENGTH &&
      sealed.every((octets) => octets.length === length + SEALING_OVERHEAD);
    if (!isForLanes) return openSealedKeysPlainly(dataKey, sealed, ids, places);
    const keys: (SecretKey | undefined)[] = [];
    for (let first = 0; first < sealed.length; first += CHUNK) {
      const some = sealed.slice(first, first + CHUNK);
      const theirs = ids.slice(first, first + CHUNK);
      const opened = openInLanes(module, dataKey, { sealed: some, length, ids: theirs, places });
      for (const key of opened ?? openSealedKeysPlainly(dataKey, some, theirs, places)) keys.push(key);
    }
    return keys;
  };
}

interface Chunk {
  readonly sealed: readonly Uint8Array[];
  /** Octets of each key. */
  readonly length: number;
  readonly ids: readonly string[];
  readonly places: AlikePlaces;
}

/** Undefined when an ID is not ASCII. */
function openInLanes(
  module: OpenerModule,
  dataKey: DataKey,
  { sealed, length, ids, places }: Chunk,
): (SecretKey | undefined)[] | undefined {
  const allIds = ids.join('');
  if (Buffer.byteLength(allIds) !== allIds.length) return undefined;
  let longest = 0;
  for (const { length } of ids) if (length > longest) longest = length;
  // Around an ID: the place of none, cut where the ID would stand.
  const around = Uint8Array.from(additionalData(dataKey.madeFor, placeOf(places, '')));
  const pkLengthAt = 2 + Buffer.byteLength(dataKey.madeFor);
  const idAt = pkLengthAt + 2 + Buffer.byteLength(places.pkStart);

  const count = sealed.length;
  const sealedSlot = aligned(SEALING_OVERHEAD + length);
  const slot = aligned(around.length + longest) + aligned(length) + 16;
  // One area after another.
  const key = aligned(module.heapBase.value);
  const aroundAt = key + DATA_KEY_LENGTH;
  const slots = aligned(aroundAt + around.length + SLACK);
  const streams = slots + LANES * slot + SLACK;
  const sealedAt = streams + LANES * (aligned(length) + 16) + SLACK;
  const idEnds = sealedAt + count * sealedSlot + SLACK;
  const isOpened = aligned(idEnds + count * 4);
  const opened = aligned(isOpened + count);
  const idsAt = aligned(opened + count * length + SLACK);
  grow(module.memory, idsAt + allIds.length + SLACK);

  const { buffer } = module.memory;
  const octets = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  octets.set(around, aroundAt);
  for (let index = 0; index < count; index++)
    octets.set(sealed[index] as Uint8Array, sealedAt + index * sealedSlot);
  for (let index = 0, end = 0; index < count; index++) {
    end += (ids[index] as string).length;
    words[idEnds / 4 + index] = end;
  }
  Buffer.from(buffer, idsAt, allIds.length).write(allIds, 'latin1');
  const keyOctets = dataKey.key.export();
  octets.set(keyOctets, key);
  keyOctets.fill(0);
  module.setDataKey(key);
  module.setPlaces(aroundAt, idAt, pkLengthAt, aroundAt + idAt, around.length - idAt);
  module.setSizes(length, sealedSlot, slots, slot, streams);
  module.openKeys(count, sealedAt, idsAt, idEnds, opened, isOpened);
  const keys: (SecretKey | undefined)[] = SecretKey.many(
    octets.subarray(opened, opened + count * length),
    length,
  );
  for (let index = 0; index < count; index++) if (octets[isOpened + index] !== 1) keys[index] = undefined;
  module.wipeOpening();
  octets.fill(0, key, key + DATA_KEY_LENGTH);
  octets.fill(0, opened, opened + count * length + SLACK);
  return keys;
}

function grow(memory: OpenerModule['memory'], need: number): void {
  const missing = need - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil((missing + need / 2) / PAGE));
}

function aligned(address: number): number {
  return (address + 15) & ~15;
}
