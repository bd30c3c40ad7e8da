import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadModule, loadMskBuilder } from '../../lib/native/module/load.ts';
import { createSimdOpener } from '../../lib/native/sealed-key-opener.ts';
import {
  type AttributesById,
  locationOf,
  openSealedKeys,
  type SealedKeyOpener,
} from '../../lib/store/encryption/sealed-batch.ts';
import { type DataKey, openSealedKey, sealKey } from '../../lib/store/encryption/sealed-octets.ts';

let openInLanes: SealedKeyOpener;
beforeAll(async () => {
  const { kind, openSealedKeys } = await loadMskBuilder();
  expect(kind).toBe('wasm-simd');
  openInLanes = openSealedKeys;
});

const PLACES: AttributesById = { pkStart: 'B-TID#', sk: 'ASSOCIATION', path: 'muk' };

function newDataKey(madeFor = 'table'): DataKey {
  return { id: 7, key: createSecretKey(randomBytes(32)), madeFor };
}

interface Sealed {
  readonly dataKey: DataKey;
  readonly places: AttributesById;
  readonly ids: readonly string[];
  readonly keys: readonly Uint8Array[];
  readonly sealed: readonly Uint8Array[];
}

function sealedFor(ids: readonly string[], length = 32, dataKey = newDataKey(), places = PLACES): Sealed {
  const keys = ids.map(() => randomBytes(length));
  const sealed = keys.map((key, index) =>
    sealKey(dataKey, new SecretKey(key), locationOf(places, ids[index] ?? '')),
  );
  return { dataKey, places, ids, keys, sealed };
}

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `${'x'.repeat(index % 40)}@bsf`);

/** What came out, as text: a difference is shown. */
function opened(open: SealedKeyOpener, { dataKey, sealed, ids, places }: Sealed): (string | undefined)[] {
  return open(dataKey, sealed, ids, places).map(
    (key) => key && Buffer.from(key.exposeOctets()).toString('hex'),
  );
}

const hex = (keys: readonly Uint8Array[]) => keys.map((key) => Buffer.from(key).toString('hex'));

describe('sealed keys opened in lanes equal those of the reference', () => {
  test('for any table, item and IDs', () => {
    const text = (maxLength: number) => fc.string({ unit: 'binary-ascii', maxLength });
    fc.assert(
      fc.property(
        text(100),
        fc.record({ pkStart: text(30), sk: text(30), path: text(30) }),
        fc.array(text(130), { maxLength: 40 }),
        (madeFor, places, ids) => {
          const batch = sealedFor(ids, 32, newDataKey(madeFor), places);
          expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('for every length of a key from 1 to 80 octets', () => {
    for (let length = 1; length <= 80; length++) {
      const batch = sealedFor(idsOf(19), length);
      expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
    }
  });

  test('for every length of additional data over four blocks', () => {
    const ids = Array.from({ length: 80 }, (_, length) => 'i'.repeat(length));
    for (const order of [ids, ids.toReversed()]) {
      const batch = sealedFor(order);
      expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
    }
    for (let length = 0; length <= 33; length++) {
      const batch = sealedFor(idsOf(17), 32, newDataKey('t'.repeat(length)), {
        ...PLACES,
        pkStart: 'p'.repeat((length * 7) % 34),
        sk: 's'.repeat((length * 5) % 34),
      });
      expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
    }
  });

  test('for every remainder of a batch, and for more than one layout of the heap holds', () => {
    for (const count of [...Array(50).keys(), 1023, 1024, 1025, 2050]) {
      const batch = sealedFor(idsOf(count));
      expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
    }
  });

  test('for keys of several lengths, and IDs that are not ASCII', () => {
    const batch = sealedFor(idsOf(20));
    const other = sealKey(batch.dataKey, new SecretKey(Buffer.alloc(16, 5)), locationOf(PLACES, 'other'));
    const mixed = { ...batch, ids: [...batch.ids, 'other'], sealed: [...batch.sealed, other] };
    expect(opened(openInLanes, mixed)).toEqual([...hex(batch.keys), '05'.repeat(16)]);
    const names = sealedFor(idsOf(20).map((id) => `ü${id}`));
    expect(opened(openInLanes, names)).toEqual(hex(names.keys));
  });

  test('when one data key follows another', () => {
    const [one, other] = [sealedFor(idsOf(16)), sealedFor(idsOf(16))];
    for (const batch of [one, other, one]) expect(opened(openInLanes, batch)).toEqual(hex(batch.keys));
    expect(opened(openInLanes, { ...one, dataKey: other.dataKey })).toEqual(Array(16).fill(undefined));
  });
});

describe('a sealed key that was changed', () => {
  test('is refused with any bit flipped, and no other key is', () => {
    const batch = sealedFor(idsOf(24));
    const changedIndex = 9;
    const octets = batch.sealed[changedIndex] ?? new Uint8Array();
    const expected = hex(batch.keys).map((key, index) => (index === changedIndex ? undefined : key));
    // Version and data key ID, the first five octets, are looked at before: here they have no part.
    for (let bit = 5 * 8; bit < octets.length * 8; bit++) {
      const changed = Uint8Array.from(octets);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const sealed = batch.sealed.with(changedIndex, changed);
      expect(opened(openInLanes, { ...batch, sealed })).toEqual(expected);
    }
  });

  test('is refused in another attribute, table and item', () => {
    const batch = sealedFor(idsOf(20));
    const nothing = Array(20).fill(undefined);
    const moved = { ...batch, ids: batch.ids.map((id) => `${id}x`) };
    expect(opened(openInLanes, moved)).toEqual(nothing);
    for (const places of [
      { ...PLACES, path: 'mrk' },
      { ...PLACES, sk: 'A' },
      { ...PLACES, pkStart: 'IMPI#' },
    ])
      expect(opened(openInLanes, { ...batch, places })).toEqual(nothing);
    const dataKey = { ...batch.dataKey, madeFor: 'another' };
    expect(opened(openInLanes, { ...batch, dataKey })).toEqual(nothing);
    expect(opened(openSealedKeys, { ...batch, dataKey })).toEqual(nothing);
  });
});

test('keys that were opened together do not print, and do not share octets', () => {
  const batch = sealedFor(idsOf(20));
  const keys = openInLanes(batch.dataKey, batch.sealed, batch.ids, batch.places);
  for (const [index, key] of keys.entries()) {
    expect(String(key)).toBe('[SecretKey, 32 octets]');
    expect(JSON.stringify({ key })).toBe('{"key":"[SecretKey, 32 octets]"}');
    const sealed = batch.sealed[index] ?? new Uint8Array();
    const alone = openSealedKey(batch.dataKey, sealed, locationOf(PLACES, batch.ids[index] ?? ''));
    expect(key?.equals(alone)).toBe(true);
    expect(key?.exposeOctets().length).toBe(32);
    const octets = new Uint8Array(34);
    key?.copyTo(octets, 1);
    expect(Buffer.from(octets.subarray(1, 33)).equals(Buffer.from(alone.exposeOctets()))).toBe(true);
    expect([octets[0], octets[33]]).toEqual([0, 0]);
  }
});

test('neither keys nor the data key stay in the memory of the module', async () => {
  const instance = (await loadModule())();
  const batch = sealedFor(idsOf(40));
  expect(opened(createSimdOpener(instance), batch)).toEqual(hex(batch.keys));
  const memory = Buffer.from(instance.memory.buffer);
  expect(memory.includes(Buffer.from(batch.sealed[0] ?? 'none'))).toBe(true);
  for (const key of [...batch.keys, batch.dataKey.key.export()]) {
    expect(memory.includes(Buffer.from(key.slice(0, 16)))).toBe(false);
    expect(memory.includes(Buffer.from(key.slice(16)))).toBe(false);
  }
  // H of GHASH, and the block that hides the tag of the first.
  const hidden = (block: Buffer) =>
    createCipheriv('aes-256-ecb', batch.dataKey.key, null).setAutoPadding(false).update(block);
  const counter = Buffer.concat([
    (batch.sealed[0] ?? new Uint8Array()).subarray(5, 17),
    Buffer.from([0, 0, 0, 1]),
  ]);
  for (const block of [Buffer.alloc(16), counter]) expect(memory.includes(hidden(block))).toBe(false);
});
