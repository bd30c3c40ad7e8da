import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeMskMessage,
  encodeSolicitedPullMessage,
  isVerificationMessageAuthentic,
  type MskMessageInput,
} from '../../lib/mikey/index.ts';
import { createKeyRing, type KeyRing } from '../../lib/ue/key-ring.ts';
import { createMikeyReceiver, type MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { ADDRESSING, DOMAIN, MSK } from '../mikey/messages.ts';

const NAF = 'bmsc.home1.net';
const BTID = parseBtid('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net');
const ASSOCIATION = { btid: BTID, nafFqdn: NAF, muk: ADDRESSING.muk, mrk: new SecretKey(Buffer.alloc(32)) };

let ring: KeyRing;
let receiver: MikeyReceiver;
beforeEach(() => {
  ring = createKeyRing();
  receiver = createMikeyReceiver(ring);
  receiver.use(ASSOCIATION);
});

const message = (change: Partial<MskMessageInput> = {}) =>
  encodeMskMessage({
    ...ADDRESSING,
    bmscId: nafId(NAF),
    keyDomainId: DOMAIN,
    mskId: { keyGroup: 1, keyNumber: 2 },
    msk: MSK,
    validity: { seql: 0, sequ: 9 },
    verificationRequested: true,
    ...change,
  });
const held = () => ring.list().map(({ mskId }) => mskId.keyNumber);

describe('a UE', () => {
  test('takes an MSK and answers the V-bit with what the BM-SC can check', () => {
    const received = receiver.receive(message());
    expect(received).toMatchObject({ kind: 'msk', counter: ADDRESSING.counter });
    expect(ring.list()[0]?.msk.equals(MSK)).toBe(true);
    const verification = received.kind === 'msk' ? received.verification : undefined;
    const answer = decodeMikeyMessage(verification ?? new Uint8Array());
    expect(isVerificationMessageAuthentic(answer, { ...ADDRESSING, bmscId: nafId(NAF) })).toBe(true);
  });

  test('answers nothing where the V-bit is not set', () => {
    expect(receiver.receive(message({ verificationRequested: false }))).toMatchObject({
      kind: 'msk',
      verification: undefined,
    });
  });

  test.each([
    ['the same message again', message()],
    ['a lesser counter', message({ counter: ADDRESSING.counter - 1 })],
  ])('refuses %s', (_, octets) => {
    receiver.receive(message());
    expect(receiver.receive(octets)).toEqual({ kind: 'refused', reason: 'replayed' });
  });

  test('remembers no counter of a message whose MAC is wrong', () => {
    const forged = message({ counter: 0xffff_fff0, muk: new SecretKey(Buffer.alloc(32, 1)) });
    expect(receiver.receive(forged)).toEqual({ kind: 'refused', reason: 'auth-failure' });
    expect(receiver.receive(message()).kind).toBe('msk');
  });

  test.each([
    ['for another UE', { ueId: Buffer.from('AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net') }],
    ['from another BM-SC', { bmscId: nafId('other.home1.net') }],
  ])('refuses a message %s', (_, change) => {
    expect(receiver.receive(message(change))).toEqual({ kind: 'refused', reason: 'unknown-muk' });
    expect(held()).toEqual([]);
  });

  test('keeps the two last MSKs of a Key Group, and those of another beside them', () => {
    for (const [index, keyNumber] of [1, 2, 3].entries())
      receiver.receive(message({ mskId: { keyGroup: 1, keyNumber }, counter: 5000 + index }));
    receiver.receive(message({ mskId: { keyGroup: 2, keyNumber: 7 }, counter: 6000 }));
    expect(held()).toEqual([2, 3, 7]);
  });

  test('gives an MSK up when an empty interval comes for it', () => {
    receiver.receive(message());
    receiver.receive(message({ counter: ADDRESSING.counter + 1, validity: { seql: 9, sequ: 0 } }));
    expect(held()).toEqual([]);
  });

  test('checks a solicited pull with the MUK that the BM-SC used last, also after it has bootstrapped anew', () => {
    receiver.use({ ...ASSOCIATION, btid: parseBtid('AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net') });
    const pull = encodeSolicitedPullMessage({
      ...ADDRESSING,
      bmscId: nafId(NAF),
      keyDomainId: DOMAIN,
      keyGroup: 1,
    });
    expect(receiver.receive(pull)).toMatchObject({ kind: 'solicited-pull', keyGroup: 1 });
    expect(receiver.receive(pull)).toEqual({ kind: 'refused', reason: 'replayed' });
  });

  test('takes nothing that is cut short or changed in any octet', () => {
    const whole = message();
    for (let length = 0; length < whole.length; length++)
      expect(receiver.receive(whole.subarray(0, length)).kind).toBe('refused');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(whole);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(receiver.receive(changed).kind).toBe('refused');
      }),
    );
    expect(held()).toEqual([]);
  });

  test('refuses any octets at all without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(receiver.receive(octets).kind).toBe('refused');
      }),
    );
  });
});
