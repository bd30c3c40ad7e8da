import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { MikeyError, type MskPush, type MskRecipient } from '../../lib/mikey/index.ts';
import { buildMskMessages, type MskMessageBuilder } from '../../lib/mikey/message/msk-batch.ts';
import { loadMskBuilder } from '../../lib/native/module/load.ts';
import { ADDRESSING, DOMAIN, MSK, MSK_ID, VALIDITY } from '../mikey/messages.ts';

let build: MskMessageBuilder;
beforeAll(async () => {
  const { kind, build: loaded } = await loadMskBuilder();
  expect(kind).toBe('wasm-simd');
  build = loaded;
});

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const uint32 = fc.nat({ max: 0xffff_ffff });
const recipient = (idLength: fc.Arbitrary<number>): fc.Arbitrary<MskRecipient> =>
  fc.record({
    muk: octets(32).map((key) => new SecretKey(key)),
    rand: octets(16),
    csbId: uint32,
    counter: uint32,
    ueId: idLength.chain(octets),
  });
const uint16 = fc.nat({ max: 0xffff });
const push: fc.Arbitrary<MskPush> = fc.record(
  {
    keyDomainId: fc.constantFrom(DOMAIN, parseKeyDomainId('ffffff')),
    mskId: fc.record({ keyGroup: uint16, keyNumber: fc.integer({ min: 1, max: 0xffff }) }),
    msk: octets(16).map((key) => new SecretKey(key)),
    validity: fc.record({ seql: uint16, sequ: uint16 }),
    bmscId: fc.uint8Array({ maxLength: 80 }),
    verificationRequested: fc.boolean(),
    encryption: fc.constantFrom('AES-CM-128', 'NULL'),
    csIdMap: fc.constantFrom(
      { kind: 'empty' },
      { kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: 0xdecade, roc: 1 }] },
    ),
    securityPolicies: fc.constantFrom(
      [],
      [{ policyNo: 0, protType: 0, parameters: [{ type: 0, value: new Uint8Array([1]) }] }],
    ),
  },
  { requiredKeys: ['keyDomainId', 'mskId', 'msk', 'validity', 'bmscId', 'verificationRequested'] },
);

/** Compared as text: a difference is shown, and octets of a view are compared whatever their type. */
function same(push: MskPush, recipients: readonly MskRecipient[]): void {
  const plain = buildMskMessages(push, recipients);
  const fast = build(push, recipients);
  expect(fast.count).toBe(plain.count);
  expect([...fast.offsets]).toEqual([...plain.offsets]);
  expect(Buffer.from(fast.octets).toString('hex')).toBe(Buffer.from(plain.octets).toString('hex'));
}

const { bmscId, ...someone } = ADDRESSING;
const somePush: MskPush = {
  bmscId,
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  msk: MSK,
  validity: VALIDITY,
  verificationRequested: true,
};

describe('messages made in lanes equal those of the reference', () => {
  it('for any push and any recipients', () => {
    const recipients = fc.array(recipient(fc.nat({ max: 100 })), { maxLength: 20 });
    fc.assert(fc.property(push, recipients, same), { numRuns: 150 });
  });

  it('for every remainder of a batch, with and without encryption', () => {
    const [recipients = []] = fc.sample(
      fc.array(recipient(fc.constant(38)), { minLength: 33, maxLength: 33 }),
      1,
    );
    for (let count = 0; count <= recipients.length; count++) {
      same(somePush, recipients.slice(0, count));
      same({ ...somePush, encryption: 'NULL' }, recipients.slice(0, count));
    }
  });

  it('for every length of IDr from 0 to 300 octets, and the longest', () => {
    const lengths = [...Array.from({ length: 301 }, (_, length) => length), 65_535];
    const recipients = lengths.map((length) => ({ ...someone, ueId: new Uint8Array(length).fill(length) }));
    same(somePush, recipients);
    same(somePush, recipients.toReversed());
  });

  it('for IDs that are texts, ASCII or not, all or some', () => {
    const texts = ['a@b', '', 'x'.repeat(300), 'longer@bsf.home1.net'];
    const recipients = texts.map((ueId, index) => ({ ...someone, counter: index, ueId }));
    same(somePush, recipients);
    same(somePush, [...recipients, { ...someone, ueId: 'ü@b' }]);
    same(somePush, [...recipients, someone]);
    const many = Array.from({ length: 2051 }, (_, index) => ({ ...someone, ueId: `${index}@bsf.home1.net` }));
    same(somePush, many);
  });

  it('for more recipients than one layout of the heap holds', () => {
    const recipients = Array.from({ length: 2051 }, (_, counter) => ({ ...someone, counter }));
    same(somePush, recipients);
  });

  it('for keys and RANDs of lengths that are too odd for the lanes', () => {
    for (const length of [16, 31, 33, 64])
      same(somePush, [someone, { ...someone, muk: new SecretKey(new Uint8Array(length).fill(7)) }]);
    for (const length of [15, 17, 32]) same(somePush, [{ ...someone, rand: new Uint8Array(length) }]);
  });

  it('when one push follows another that differs in one thing only', () => {
    const others: Partial<MskPush>[] = [
      { msk: new SecretKey(new Uint8Array(16)) },
      { keyDomainId: parseKeyDomainId('00f120') },
      { mskId: { ...MSK_ID, keyNumber: 9 } },
      { mskId: { ...MSK_ID, keyGroup: 9 } },
      { validity: { ...VALIDITY, seql: 9 } },
      { validity: { ...VALIDITY, sequ: 9 } },
      { verificationRequested: false },
      { encryption: 'NULL' },
      { bmscId: Uint8Array.of(1) },
      { csIdMap: { kind: 'srtp-id', streams: [] } },
    ];
    for (const other of others) {
      same(somePush, [someone]);
      same({ ...somePush, ...other }, [someone]);
    }
  });

  it('when the octets of a BM-SC ID change between two batches', () => {
    const bmscId = Buffer.from([1, 2, 3]);
    same({ ...somePush, bmscId }, [someone]);
    bmscId[0] = 9;
    same({ ...somePush, bmscId }, [someone]);
  });

  it('and for what the reference refuses', () => {
    for (const wrong of [
      { counter: -1 },
      { counter: 2 ** 32 },
      { csbId: 0.5 },
      { ueId: new Uint8Array(65_536) },
    ])
      expect(() => build(somePush, [someone, { ...someone, ...wrong }])).toThrow(MikeyError);
    expect(() => build({ ...somePush, msk: new SecretKey(new Uint8Array(15)) }, [someone])).toThrow(
      MikeyError,
    );
  });
});
