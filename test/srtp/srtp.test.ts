import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { MKI_LENGTH, mkiOf } from '../../lib/srtp/mki.ts';
import { SrtpReceiver } from '../../lib/srtp/receiver.ts';
import { rtpHeaderOf } from '../../lib/srtp/rtp.ts';
import { SrtpSender } from '../../lib/srtp/sender.ts';
import { sessionKeysOf } from '../../lib/srtp/session-keys.ts';
import { describeWith } from '../peers.ts';
import { LIBSRTP, LibsrtpSession, type NamedKey } from './libsrtp.ts';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** RFC 3711 §B.3. */
const MASTER = {
  mtk: new SecretKey(octets('e1f97a0d3e018be0d64fa32c06de4139')),
  salt: new SecretKey(octets('0ec675ad498afeebb6960b3aabe6')),
};
const SSRC = 0xcafebabe;
const aKey = (mtkId: number, saltLength = 14): NamedKey => ({
  mtk: new SecretKey(randomBytes(16)),
  salt: saltLength === 0 ? undefined : new SecretKey(randomBytes(saltLength)),
  mki: mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 1, keyNumber: 2 }, mtkId }),
});
/** An RTP packet; `first` may set the bits of CSRCs and of an extension. */
const rtpOf = (sequence: number, payload: Uint8Array, { first = 0x80, more = '' } = {}) => {
  const header = Buffer.alloc(12);
  header[0] = first;
  header[1] = 96;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(SSRC, 8);
  return Uint8Array.from(Buffer.concat([header, octets(more), payload]));
};
const pair = (key = aKey(1)) => {
  const [sender, receiver] = [new SrtpSender(), new SrtpReceiver(6)];
  sender.use(key, key.mki);
  receiver.add(key, key.mki);
  return { sender, receiver };
};

describe('SRTP', () => {
  // @clause RFC 3711 §4.1.1 s1
  test('derives the session keys of RFC 3711 §B.3', () => {
    const { encr, salt, auth } = sessionKeysOf(MASTER);
    expect(hex(encr.exposeOctets())).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hex(salt.exposeOctets())).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(hex(auth.exposeOctets())).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  // @clause RFC 3711 §3.1 s1
  test('makes the packet that implementations agree on, its MKI before the tag', () => {
    const sender = new SrtpSender();
    sender.use(MASTER, octets('0002000a'));
    const packet = sender.protect(octets(`800f1234decafbadcafebabe${'ab'.repeat(16)}`));
    expect(hex(packet)).toBe(
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402' + '0002000a' + 'b78d6acc99ea179b8dbb',
    );
  });

  test('an MKI has the whole MSK ID, or its Key Number', () => {
    const name = { mskId: { keyGroup: 0x0a0b, keyNumber: 0x0c0d }, mtkId: 0x0e0f };
    expect(hex(mkiOf('msk-id+mtk-id', name))).toBe('0a0b0c0d0e0f');
    expect(hex(mkiOf('key-number+mtk-id', name))).toBe('0c0d0e0f');
    expect(MKI_LENGTH).toEqual({ 'msk-id+mtk-id': 6, 'key-number+mtk-id': 4 });
  });

  test('property: what is protected opens again, with CSRCs and an extension, over a change of sequence', () => {
    const { sender, receiver } = pair();
    let sequence = 65_500;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1400 }), fc.boolean(), (payload, isLong) => {
        sequence += 1;
        const long = { first: 0x91, more: '01020304' + 'bede0001' + '0a0b0c0d' };
        const rtp = rtpOf(sequence, payload, isLong ? long : {});
        const srtp = sender.protect(rtp);
        expect(hex(srtp.subarray(0, rtpHeaderOf(rtp).length))).toBe(
          hex(rtp.subarray(0, rtpHeaderOf(rtp).length)),
        );
        expect(hex(receiver.open(srtp))).toBe(hex(rtp));
      }),
    );
    expect(sender.streams).toEqual([{ ssrc: SSRC, roc: 1 }]);
  });

  test('a packet that is changed anywhere but in its MKI, or comes again, does not open', () => {
    const { sender, receiver } = pair();
    const srtp = sender.protect(rtpOf(7, randomBytes(40)));
    for (let at = 0; at < srtp.length; at++) {
      if (at >= srtp.length - 16 && at < srtp.length - 10) continue;
      const changed = Uint8Array.from(srtp);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => receiver.open(changed)).toThrow();
    }
    expect(() => receiver.open(srtp.subarray(0, 27))).toThrow(/octets/);
    receiver.open(srtp);
    expect(() => receiver.open(srtp)).toThrow(/came before/);
  });

  test('packets out of order open within the window', () => {
    const { sender, receiver } = pair();
    const packets = Array.from({ length: 100 }, (_, sequence) =>
      sender.protect(rtpOf(sequence, randomBytes(9))),
    );
    for (const at of [50, 49, 99, 60, 98, 36]) receiver.open(packets[at] ?? new Uint8Array());
    expect(() => receiver.open(packets[35] ?? new Uint8Array())).toThrow(/came before/);
    expect(() => receiver.open(packets[49] ?? new Uint8Array())).toThrow(/came before/);
  });

  test('the sender protects no sequence number twice under a key, and any under a new one', () => {
    const { sender } = pair();
    sender.protect(rtpOf(10, randomBytes(9)));
    for (const sequence of [10, 9])
      expect(() => sender.protect(rtpOf(sequence, randomBytes(9)))).toThrow(/order/);
    const next = aKey(2);
    sender.use(next, next.mki);
    sender.protect(rtpOf(10, randomBytes(9)));
    sender.stop();
    expect(() => sender.protect(rtpOf(11, randomBytes(9)))).toThrow(/no MTK/);
  });

  test('an MTK that came under two MSKs opens packets that name either; another MTK opens none', () => {
    const { sender } = pair();
    const [key, receiver] = [aKey(1), new SrtpReceiver(6)];
    sender.use(key, key.mki);
    receiver.add(aKey(3), aKey(3).mki);
    expect(() => receiver.open(sender.protect(rtpOf(1, randomBytes(9))))).toThrow(/no MTK/);
    receiver.add(key, mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 1, keyNumber: 9 }, mtkId: 0 }));
    expect(receiver.open(sender.protect(rtpOf(2, randomBytes(9)))).length).toBe(21);
  });

  test('an MTK has the names of both its MSKs: a packet under either that is changed fails for its tag', () => {
    const { sender } = pair();
    const [key, receiver] = [aKey(1), new SrtpReceiver(6)];
    const other = mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 1, keyNumber: 9 }, mtkId: 1 });
    for (const mki of [key.mki, other]) {
      receiver.add(key, key.mki);
      receiver.add(key, other);
      sender.use(key, mki);
      const srtp = sender.protect(rtpOf(mki === other ? 2 : 1, randomBytes(9)));
      srtp[20] = (srtp[20] ?? 0) ^ 1;
      expect(() => receiver.open(srtp)).toThrow(expect.objectContaining({ code: 'auth-failure' }));
    }
  });

  test('a sender that begins anew at a number that came, under an MTK by a name that is unknown, is followed', () => {
    const { sender, receiver } = pair();
    receiver.open(sender.protect(rtpOf(100, randomBytes(9))));
    const [again, next] = [new SrtpSender(), aKey(2)];
    receiver.add(next, next.mki);
    again.use(next, mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 1, keyNumber: 9 }, mtkId: 2 }));
    const packet = again.protect(rtpOf(100, randomBytes(9)));
    expect(receiver.open(packet).length).toBe(21);
    expect(() => receiver.open(packet)).toThrow(/came before/);
  });

  test.each([
    [15, 14],
    [17, 14],
    [16, 13],
    [16, 15],
  ])('a master key of %i octets with a salt of %i is refused', (keyLength, saltLength) => {
    const key = { mtk: new SecretKey(randomBytes(keyLength)), salt: new SecretKey(randomBytes(saltLength)) };
    expect(() => sessionKeysOf(key)).toThrow(expect.objectContaining({ code: 'bad-key' }));
  });

  test('a receiver that joins late takes the rollover counter from the MTK message', () => {
    const { sender } = pair();
    const key = aKey(1);
    sender.use(key, key.mki);
    for (const sequence of [1, 40_000, 70_000, 110_000, 140_000])
      sender.protect(rtpOf(sequence, randomBytes(9)));
    expect(sender.streams).toEqual([{ ssrc: SSRC, roc: 2 }]);
    const packet = sender.protect(rtpOf(140_001, randomBytes(9)));
    for (const [roc, opens] of [
      [2, true],
      [1, true],
      [3, true],
      [0, false],
    ] as const) {
      const receiver = new SrtpReceiver(6);
      receiver.add(key, key.mki);
      receiver.announceRoc(SSRC, roc);
      if (opens) expect(receiver.open(packet).length).toBe(21);
      else expect(() => receiver.open(packet)).toThrow(/tag/);
    }
  });

  test('a sender that begins anew under another MTK is followed, and its packets before do not come again', () => {
    const { sender, receiver } = pair();
    const before = [1, 40_000, 70_000, 70_001].map((sequence) =>
      sender.protect(rtpOf(sequence, randomBytes(9))),
    );
    for (const packet of before) receiver.open(packet);
    const [again, next] = [new SrtpSender(), aKey(2)];
    again.use(next, next.mki);
    receiver.add(next, next.mki);
    receiver.announceRoc(SSRC, 0);
    const first = again.protect(rtpOf(100, randomBytes(9)));
    expect(receiver.open(first).length).toBe(21);
    expect(receiver.open(again.protect(rtpOf(101, randomBytes(9)))).length).toBe(21);
    for (const packet of [...before, first]) expect(() => receiver.open(packet)).toThrow(/came before|tag/);
  });

  test('any octets are refused with an error of its own', () => {
    const { receiver } = pair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
        expect(() => receiver.open(any)).toThrow(expect.objectContaining({ name: 'SrtpError' }));
      }),
    );
  });
});

describeWith(LIBSRTP, 'libsrtp', () => {
  test.each([14, 0])('makes the same octets, and opens ours, with a salt of %i octets', (saltLength) => {
    const keys = [aKey(1, saltLength), aKey(2, saltLength)];
    const [theirs, receiving] = [new LibsrtpSession('outbound', keys), new LibsrtpSession('inbound', keys)];
    const [ours, receiver] = [new SrtpSender(), new SrtpReceiver(6)];
    for (const key of keys) receiver.add(key, key.mki);
    for (let at = 0; at < 400; at++) {
      const which = at < 200 ? 0 : 1;
      const key = keys[which];
      if (key !== undefined && at % 200 === 0) ours.use(key, key.mki);
      const rtp = rtpOf(65_400 + at, randomBytes(at * 3));
      const srtp = theirs.protect(rtp, which);
      expect(hex(ours.protect(rtp))).toBe(hex(srtp));
      expect(hex(receiver.open(srtp))).toBe(hex(rtp));
      expect(hex(receiving.unprotect(srtp))).toBe(hex(rtp));
    }
  });
});
