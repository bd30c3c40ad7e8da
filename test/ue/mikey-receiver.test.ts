import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { btidOf, parseBtid } from '../../lib/gba/btid.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeMskMessage,
  encodeMtkMessage,
  encodeSolicitedPullMessage,
  isVerificationMessageAuthentic,
  type MskMessageInput,
} from '../../lib/mikey/index.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { ADDRESSING, DOMAIN, MSK, MTK } from '../mikey/messages.ts';

const NAF = 'bmsc.home1.net';
const BTID = parseBtid('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net');
const ASSOCIATION = { btid: BTID, nafFqdn: NAF, muk: ADDRESSING.muk, mrk: new SecretKey(Buffer.alloc(32)) };

let ring: KeyRing;
let receiver: MikeyReceiver;
beforeEach(() => {
  ring = new KeyRing();
  receiver = new MikeyReceiver(ring);
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
  // @clause RFC 3830 §6.1 s1
  test('takes an MSK and answers the V-bit with what the BM-SC can check', () => {
    const received = receiver.receive(message());
    expect(received).toMatchObject({ kind: 'msk', counter: ADDRESSING.counter });
    expect(ring.list()[0]?.msk.equals(MSK)).toBe(true);
    const verification = received.kind === 'msk' ? received.verification : undefined;
    const answer = decodeMikeyMessage(verification ?? new Uint8Array());
    expect(isVerificationMessageAuthentic(answer, { ...ADDRESSING, bmscId: nafId(NAF) })).toBe(true);
  });

  // @clause RFC 3830 §6.1 s2
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

  // @clause RFC 3830 §5.3 s3
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

  test('drops an MSK when an empty interval comes for it', () => {
    receiver.receive(message());
    receiver.receive(message({ counter: ADDRESSING.counter + 1, validity: { seql: 9, sequ: 0 } }));
    expect(held()).toEqual([]);
  });

  // @clause TS 33.246 §6.3.2.2.4 s4
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

  // @clause RFC 3830 §5.3 s1
  test('keeps the counter of a MUK that it uses again', () => {
    receiver.receive(message());
    receiver.use(ASSOCIATION);
    expect(receiver.receive(message())).toEqual({ kind: 'refused', reason: 'replayed' });
    expect(receiver.receive(message({ counter: ADDRESSING.counter + 1 })).kind).toBe('msk');
  });

  // @clause TS 31.102 §4.2.81 s2
  test('starts to count anew with a new MUK, and forgets the one before the last', () => {
    const renewed = [2, 3].map((octet) => ({
      ...ASSOCIATION,
      btid: btidOf({ rand: Buffer.alloc(16, octet), bsfName: 'bsf.home1.net' }),
      muk: new SecretKey(Buffer.alloc(32, octet)),
    }));
    const under = ({ btid, muk }: typeof ASSOCIATION, counter: number) =>
      receiver.receive(message({ muk, ueId: Buffer.from(btid), counter }));
    expect(under(ASSOCIATION, 9000).kind).toBe('msk');
    for (const association of renewed) {
      receiver.use(association);
      expect(under(association, 1).kind).toBe('msk');
      expect(under(association, 1)).toEqual({ kind: 'refused', reason: 'replayed' });
    }
    expect(under(ASSOCIATION, 9001)).toEqual({ kind: 'refused', reason: 'unknown-muk' });
  });

  test('does not take its own verification message, sent back to it, for anything', () => {
    const received = receiver.receive(message());
    const verification = received.kind === 'msk' ? received.verification : undefined;
    expect(receiver.receive(verification ?? new Uint8Array()).kind).toBe('refused');
  });

  test('takes MTKs of an MSK that it holds, each once, and none without', () => {
    const traffic = (mtkId: number, msk = MSK) =>
      encodeMtkMessage({
        msk,
        rand: ADDRESSING.rand,
        csbId: 7,
        counter: mtkId,
        keyDomainId: DOMAIN,
        mskId: { keyGroup: 1, keyNumber: 2 },
        mtkId,
        mtk: MTK,
      });
    expect(receiver.receive(traffic(1))).toEqual({ kind: 'refused', reason: 'unknown-msk' });
    receiver.receive(message());
    const received = receiver.receive(traffic(3));
    expect(received.kind === 'mtk' && received.mtk.equals(MTK)).toBe(true);
    expect(receiver.receive(traffic(3))).toEqual({ kind: 'refused', reason: 'replayed' });
    expect(receiver.receive(traffic(2))).toEqual({ kind: 'refused', reason: 'replayed' });
    expect(receiver.receive(traffic(10))).toEqual({ kind: 'refused', reason: 'mtk-out-of-range' });
    expect(receiver.receive(traffic(9, new SecretKey(Buffer.alloc(16)))).kind).toBe('refused');
    expect(receiver.receive(traffic(4)).kind).toBe('mtk');
  });

  // @clause TS 31.102 §4.2.80 s3
  test('takes the repetition of an MTK for what it is, once for each counter, and only with its MAC', () => {
    const traffic = (mtkId: number, counter: number, msk = MSK) =>
      encodeMtkMessage({
        msk,
        rand: ADDRESSING.rand,
        csbId: 7,
        counter,
        keyDomainId: DOMAIN,
        mskId: { keyGroup: 1, keyNumber: 2 },
        mtkId,
        mtk: MTK,
        csIdMap: { kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: 5, roc: 3 }] },
      });
    receiver.receive(message());
    const streams = [{ policyNo: 0, ssrc: 5, roc: 3 }];
    expect(receiver.receive(traffic(5, 10))).toMatchObject({ kind: 'mtk', mtkId: 5, streams });
    expect(receiver.receive(traffic(5, 11))).toEqual({ kind: 'mtk-repeated', mtkId: 5, streams });
    expect(receiver.receive(traffic(5, 11))).toEqual({ kind: 'refused', reason: 'replayed' });
    const forged = new SecretKey(Buffer.alloc(16));
    expect(receiver.receive(traffic(5, 900, forged))).toEqual({ kind: 'refused', reason: 'auth-failure' });
    expect(receiver.receive(traffic(4, 12))).toMatchObject({ kind: 'mtk-repeated', mtkId: 4 });
    expect(receiver.receive(traffic(5, 13))).toMatchObject({ kind: 'mtk-repeated' });
    expect(receiver.receive(traffic(6, 14))).toMatchObject({ kind: 'mtk', mtkId: 6 });
  });

  // @clause RFC 3830 §5.3 s2
  test('refuses a message that is cut short or changed in any octet', () => {
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
