import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { ueOfItem } from '../../lib/store/registration/registration-page.ts';
import { readRegistrations } from '../../lib/store/registration/written-registrations.ts';
import type { Item } from '../../lib/store/table.ts';

const SERVICE = 'urn:example:news';

/** As DynamoDB writes an item: octets in Base64. */
function written(items: readonly Item[], rest: object = {}): Buffer {
  const json = JSON.stringify({ Count: items.length, Items: items, ...rest }, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return Buffer.from(json);
}

function usual(index: number): Item {
  const impi = `ue${index}@home1.net`;
  return {
    pk: { S: `REGISTRATIONS#${SERVICE}#7` },
    sk: { S: `IMPI#${impi}` },
    impi: { S: impi },
    btid: { S: btidOf({ rand: Buffer.alloc(16, index), bsfName: 'bsf.home1.net' }) },
    serviceId: { S: SERVICE },
    bootstrappedAt: { N: String(1_790_000_000_000 + index) },
    expiresAt: { N: '1800000000000' },
    muk: { B: Uint8Array.from({ length: 65 }, (_, at) => (at === 0 ? 1 : (at * 7 + index) % 256)) },
    ueAddress: { S: '192.0.2.1' },
    uePort: { N: '4359' },
    copyVersion: { N: '3' },
    isSubscribed: { BOOL: true },
  };
}

/** What parsing gives, octets as plain ones; undefined: it can't be read. */
function parsed(items: readonly Item[]): unknown {
  try {
    return plain(items.map((item) => ueOfItem(item, SERVICE)));
  } catch {
    return undefined;
  }
}

/** Octets as an array, wherever they are a view of. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? Array.from(each) : each)),
  );

describe('registrations that are read in the JSON of an answer', () => {
  it('are those of the items', () => {
    const items = Array.from({ length: 50 }, (_, index) => usual(index));
    const read = readRegistrations(written(items), SERVICE);
    expect(read?.more).toBe(false);
    expect(plain(read?.ues)).toEqual(parsed(items));
    expect(readRegistrations(written([]), SERVICE)?.ues).toEqual([]);
  });

  it('tell whether more follow', () => {
    const rest = { LastEvaluatedKey: { pk: { S: 'a' }, sk: { S: 'b' } }, ScannedCount: 1 };
    expect(readRegistrations(written([usual(1)], rest), SERVICE)?.more).toBe(true);
  });

  const attribute = fc.oneof(
    fc.string().map((S) => ({ S })),
    fc.constantFrom('', '0', '65536', '-1', '1e3', '1.5', '12345678901234567890').map((N) => ({ N })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.uint8Array({ maxLength: 70 }).map((B) => ({ B })),
    fc.array(fc.constantFrom('urn:a', 'urn:b', SERVICE, 'ü'), { maxLength: 3 }).map((SS) => ({ SS })),
    fc.constant({ M: { a: { L: [{ S: '}' }, { NULL: true }] } } }),
    fc.constant(undefined),
  );
  const names = ['x', 'ttl', 'alsoOf', ...Object.keys(usual(0)).filter((name) => name !== 'pk')];

  it('are those of the items, or none, whatever an attribute is, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), attribute), { maxLength: 3 }),
        fc.shuffledSubarray([...names, 'pk'], { minLength: names.length + 1 }),
        (changes, order) => {
          const item: Record<string, unknown> = { ...usual(1) };
          for (const [name, value] of changes) item[name] = value;
          const ordered = Object.fromEntries(
            order.flatMap((name) => (item[name] ? [[name, item[name]]] : [])),
          );
          const items = [usual(0), ordered as Item, usual(2)];
          const read = readRegistrations(written(items), SERVICE);
          // Where they can't be read here, they are parsed.
          if (read !== undefined) expect(plain(read.ues)).toEqual(parsed(items));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are read here in all forms that the product writes', () => {
    const { ueAddress: _, ...noAddress } = usual(1);
    const { muk: __, copyVersion: ___, ...noCopy } = usual(2);
    const items = [
      noAddress,
      noCopy,
      { ...usual(3), isSubscribed: { BOOL: false } },
      { ...usual(4), alsoOf: { SS: ['urn:a', 'urn:b'] } },
      { ...usual(5), ueAddress: { S: '2001:db8::1' } },
    ] as Item[];
    const read = readRegistrations(written(items), SERVICE);
    expect(plain(read?.ues)).toEqual(parsed(items));
  });

  const ofImpi = (impi: string) => ({ impi: { S: impi }, sk: { S: `IMPI#${impi}` } });
  const muk = Buffer.from(usual(1).muk?.B ?? []).toString('base64');
  it.each<[string, object]>([
    ['an IMPI without a realm', ofImpi('ue1')],
    ['an IMPI with nothing before its realm', ofImpi('@home1.net')],
    ['an IMPI with nothing behind the @', ofImpi('ue1@')],
    ['an IMPI whose realm has another character behind', ofImpi('ue1@home1.net_')],
    ['an IMPI with two realms', ofImpi('ue1@home1.net@home1.net')],
    ['an IMPI of 254 characters', ofImpi(`${'u'.repeat(244)}@home1.net`)],
    ['another position than its IMPI', { impi: { S: 'ue2@home1.net' } }],
    ['a longer position than its IMPI', { sk: { S: 'IMPI#ue1@home1.nett' } }],
    ['a B-TID with another character', { btid: { S: 'a b@bsf.home1.net' } }],
    ['a MUK with a character that Base64 lacks', { muk: { B: muk.replace(/^(.{40})./, '$1*') } }],
    ['a MUK of no whole Base64', { muk: { B: muk.replace('=', '') } }],
    ['a number with another character', { uePort: { N: '43x9' } }],
    ['a number without digits', { expiresAt: { N: '' } }],
    ['an attribute of another type', { ueAddress: { N: '1' } }],
  ])('are none with %s: the answer is parsed', (_, changes) => {
    expect(readRegistrations(written([usual(1), { ...usual(1), ...changes }]), SERVICE)).toBe(undefined);
  });

  it('are none where octets are changed or cut, or those of the items', () => {
    const octets = written([usual(0), usual(1)]);
    fc.assert(
      fc.property(fc.nat(octets.length - 1), fc.nat(255), fc.boolean(), (at, octet, isCut) => {
        const changed = isCut ? octets.subarray(0, at) : Buffer.from(octets);
        if (!isCut) changed[at] = octet;
        const read = readRegistrations(changed, SERVICE);
        if (isCut) expect(read).toBe(undefined);
        else if (read !== undefined) expect(read.ues.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 3000 },
    );
  });
});
