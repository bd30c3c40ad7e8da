import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretKey, secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import { aesCm } from '../../lib/mikey/crypto/aes-cm.ts';
import { hmacSha1 } from '../../lib/mikey/crypto/hmac-sha1.ts';
import { messageKeysOf } from '../../lib/mikey/crypto/key-derivation.ts';
import { prf } from '../../lib/mikey/crypto/prf.ts';
import {
  decodeMikeyMessage,
  encodeMikeyMessage,
  encodeMskMessage,
  encodeVerificationMessage,
  isSolicitedPull,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  openMskMessage,
  openMtkMessage,
  openSolicitedPullMessage,
} from '../../lib/mikey/index.ts';
import { unprotect } from '../../lib/mikey/message/protection.ts';
import { decodeKeyData, encodeKeyData } from '../../lib/mikey/payload/key-data.ts';
import vectors from '../vectors/mikey.json' with { type: 'json' };
import { ADDRESSING, DOMAIN, MESSAGES, MSK, MSK_ID, MTK, VALIDITY } from './messages.ts';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const flipped = (message: Uint8Array, index: number) =>
  message.map((octet, at) => (at === index ? octet ^ 0x01 : octet));

describe('the derived vectors', () => {
  // @clause RFC 3830 §4.1.2 s1
  test.each(vectors.prf)('PRF of $inkey to $length octets', ({ inkey, label, length, out }) => {
    expect(hex(prf(octets(inkey), octets(label), length))).toBe(out);
  });

  // @clause RFC 3830 §4.1.4 s1
  test('keys of a message', () => {
    const { encr, auth, salt } = messageKeysOf(ADDRESSING.muk, ADDRESSING.csbId, ADDRESSING.rand);
    expect([encr, auth, salt].map((key) => hex(key.exposeOctets()))).toEqual([
      vectors.keys.encr,
      vectors.keys.auth,
      vectors.keys.salt,
    ]);
  });

  test.each([
    ['msk', vectors.msk.message],
    ['solicited pull', vectors.solicitedPull.message],
    ['verification', vectors.verification.message],
    ['mtk', vectors.mtk.message],
    ['mtk, salt', vectors.mtkWithSalt.message],
  ] as const)('%s message', (name, message) => {
    expect(hex(MESSAGES[name])).toBe(message);
  });
});

describe('published vectors', () => {
  // @clause RFC 3830 §4.2.3 s1
  test('AES-CM keystream of RFC 3711 B.2', () => {
    // The vector's IV is the salt followed by two zero octets, so CSB ID and time stamp are zero here.
    const key = secretKeyFromHex('2b7e151628aed2a6abf7158809cf4f3c', 16);
    const salt = secretKeyFromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfd', 14);
    const stream =
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0';
    expect(hex(aesCm(key, salt, 0, new Uint8Array(4), new Uint8Array(48)))).toBe(stream);
  });

  test.each([
    [Buffer.alloc(20, 0x0b), 'Hi There', 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [Buffer.from('Jefe'), 'what do ya want for nothing?', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ])('HMAC-SHA-1 of RFC 2202', (key, data, digest) => {
    expect(hex(hmacSha1(key, [Buffer.from(data)]))).toBe(digest);
  });
});

describe('an MSK message', () => {
  const message = decodeMikeyMessage(MESSAGES.msk);

  // @clause RFC 3830 §3.1 s1
  // @clause RFC 3830 §4.2.3 s2
  test('opens with its MUK', () => {
    const opened = openMskMessage(message, ADDRESSING.muk);
    expect(opened).toMatchObject({
      keyDomainId: DOMAIN,
      mskId: MSK_ID,
      validity: VALIDITY,
      csIdMap: { kind: 'empty' },
    });
    expect(opened.msk.equals(MSK)).toBe(true);
    expect(message.header.verificationRequested).toBe(true);
    expect(message.timestamp.counter).toBe(ADDRESSING.counter);
  });

  test('carries the MSK in clear only with NULL encryption', () => {
    expect(hex(MESSAGES.msk)).not.toContain(vectors.inputs.msk);
    expect(hex(MESSAGES['msk, NULL encryption'])).toContain(vectors.inputs.msk);
    expect(
      openMskMessage(decodeMikeyMessage(MESSAGES['msk, NULL encryption']), ADDRESSING.muk).msk.equals(MSK),
    ).toBe(true);
  });

  test('brings the policy of an SRTP stream', () => {
    const opened = openMskMessage(decodeMikeyMessage(MESSAGES['msk, SRTP']), ADDRESSING.muk);
    expect(opened.csIdMap).toEqual({ kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: 0xdecade, roc: 0 }] });
    expect(opened.securityPolicies).toHaveLength(1);
  });

  // @clause RFC 4563 §2 s1
  test('does not open with another MUK', () => {
    expect(() => openMskMessage(message, new SecretKey(Buffer.alloc(32)))).toThrow(
      expect.objectContaining({ code: 'auth-failure' }),
    );
  });

  // @clause RFC 3830 §5.2 s1
  test('does not open after any change of a single octet', () => {
    for (let index = 0; index < MESSAGES.msk.length; index++) {
      expect(
        () => openMskMessage(decodeMikeyMessage(flipped(MESSAGES.msk, index)), ADDRESSING.muk),
        `octet ${index}`,
      ).toThrow(MikeyError);
    }
  });

  test('without a MAC is refused', () => {
    const { kemac } = message;
    const unprotected =
      kemac &&
      encodeMikeyMessage({ ...message, kemac: { ...kemac, macAlg: 'NULL', mac: new Uint8Array(0) } });
    expect(() =>
      openMskMessage(decodeMikeyMessage(unprotected ?? new Uint8Array(0)), ADDRESSING.muk),
    ).toThrow(expect.objectContaining({ code: 'auth-failure' }));
  });

  test('of another data type, or without KEMAC, is refused with a typed error', () => {
    const { header } = message;
    const opened = (change: Partial<MikeyMessage>) => () =>
      openMskMessage({ ...message, ...change }, ADDRESSING.muk);
    const isAbout = (code: string, field: string) => expect.objectContaining({ code, field });
    expect(opened({ header: { ...header, dataType: 1 } })).toThrow(
      isAbout('unknown-data-type', 'HDR data type'),
    );
    expect(opened({ kemac: undefined })).toThrow(isAbout('missing-payload', 'KEMAC'));
    const { kemac } = message;
    if (kemac === undefined) return expect.fail('no KEMAC');
    expect(opened({ kemac: { ...kemac, macAlg: 'NULL' } })).toThrow(isAbout('auth-failure', 'KEMAC MAC alg'));
    expect(opened({ kemac: { ...kemac, mac: new Uint8Array(20) } })).toThrow(
      isAbout('auth-failure', 'KEMAC MAC'),
    );
  });

  test('never names the current MSK: Key Number 0x0 is refused', () => {
    const mskId = { keyGroup: 1, keyNumber: 0 };
    const input = {
      ...ADDRESSING,
      keyDomainId: DOMAIN,
      mskId,
      msk: MSK,
      validity: VALIDITY,
      verificationRequested: false,
    };
    expect(() => encodeMskMessage(input)).toThrow(MikeyError);
  });

  test('goes there and back for any content', () => {
    const key = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
    const input = fc.record({
      muk: key(32).map((each) => new SecretKey(each)),
      csbId: uint(32),
      rand: key(16),
      counter: uint(32),
      bmscId: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      ueId: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      keyDomainId: fc.constant(DOMAIN),
      mskId: fc.record({ keyGroup: uint(16), keyNumber: fc.integer({ min: 1, max: 0xffff }) }),
      msk: key(16).map((each) => new SecretKey(each)),
      validity: fc.record({ seql: uint(16), sequ: uint(16) }),
      verificationRequested: fc.boolean(),
      encryption: fc.constantFrom('AES-CM-128' as const, 'NULL' as const),
    });
    fc.assert(
      fc.property(input, (each) => {
        const decoded = decodeMikeyMessage(encodeMskMessage(each));
        const opened = openMskMessage(decoded, each.muk);
        expect(opened.msk.equals(each.msk)).toBe(true);
        expect(opened).toMatchObject({ mskId: each.mskId, validity: each.validity });
        expect(hex(decoded.idr?.data ?? new Uint8Array(0))).toBe(hex(each.ueId));
        const verification = decodeMikeyMessage(encodeVerificationMessage(each));
        expect(isVerificationMessageAuthentic(verification, each)).toBe(true);
      }),
    );
  });
});

describe('a solicited pull', () => {
  const message = decodeMikeyMessage(MESSAGES['solicited pull']);

  test('has no V-bit, Key Number 0x0 and an Encr data len of zero (TS 33.246 §6.3.2.2.4)', () => {
    expect(message.header.verificationRequested).toBe(false);
    expect(message.keyIds).toEqual({ keyDomainId: DOMAIN, mskId: { keyGroup: 1, keyNumber: 0 } });
    expect(message.kemac?.encrData).toHaveLength(0);
    expect(message.kemac?.mac).toHaveLength(20);
    expect(isSolicitedPull(message)).toBe(true);
    expect(isSolicitedPull(decodeMikeyMessage(MESSAGES.msk))).toBe(false);
  });

  // @clause RFC 3830 §6.2 s2
  test('has no key data', () => {
    const message = decodeMikeyMessage(MESSAGES['solicited pull']);
    expect(unprotect(message, ADDRESSING.muk, ADDRESSING.rand)).toEqual([]);
  });

  test('opens with its MUK and no other, and after no change', () => {
    expect(openSolicitedPullMessage(message, ADDRESSING.muk)).toEqual({ keyDomainId: DOMAIN, keyGroup: 1 });
    expect(() => openSolicitedPullMessage(message, MSK)).toThrow(MikeyError);
    for (let index = 0; index < message.octets.length; index++) {
      expect(() =>
        openSolicitedPullMessage(decodeMikeyMessage(flipped(message.octets, index)), ADDRESSING.muk),
      ).toThrow(MikeyError);
    }
  });
});

describe('an MTK message', () => {
  // @clause RFC 4563 §2 s2
  // @clause RFC 4563 §4 s1
  // @clause TS 24.501 §9.11.4.31 s1
  // @clause TS 33.501 annex W.4.1.2 s1
  test('opens with the MSK and the RAND of its message', () => {
    const message = decodeMikeyMessage(MESSAGES['mtk, salt']);
    const opened = openMtkMessage(message, MSK, ADDRESSING.rand);
    expect(opened.mtk.equals(MTK)).toBe(true);
    expect(opened).toMatchObject({ mtkId: 0x20, mskId: MSK_ID });
    expect(opened.salt).toHaveLength(14);
    expect(() => openMtkMessage(message, MSK, new Uint8Array(16))).toThrow(MikeyError);
  });
});

describe('decoding', () => {
  // @clause RFC 3830 §6 s1
  test.each(Object.entries(MESSAGES))('gives back the very octets of: %s', (_name, message) => {
    const decoded = decodeMikeyMessage(message);
    expect(hex(encodeMikeyMessage(decoded))).toBe(hex(message));
  });

  test.each(Object.entries(MESSAGES))(
    'refuses every prefix and an octet too many of: %s',
    (_name, message) => {
      for (let length = 0; length < message.length; length++) {
        expect(() => decodeMikeyMessage(message.subarray(0, length)), `${length} octets`).toThrow(MikeyError);
      }
      expect(() => decodeMikeyMessage(Uint8Array.from([...message, 0]))).toThrow(
        expect.objectContaining({ code: 'trailing-octets' }),
      );
    },
  );

  test.each([
    ['version', 0, 2, 'unknown-version'],
    ['data type', 1, 9, 'unknown-data-type'],
    ['next payload', 2, 99, 'misplaced-payload'],
    ['PRF', 3, 0x81, 'unknown-prf'],
    ['CS ID map type', 9, 7, 'unknown-type'],
  ])('refuses an unknown %s', (_what, index, value, code) => {
    const changed = MESSAGES.msk.map((octet, at) => (at === index ? value : octet));
    expect(() => decodeMikeyMessage(changed)).toThrow(expect.objectContaining({ code }));
  });

  // @clause RFC 3830 §6.15 s1
  // @clause RFC 4563 §5 s1
  test('refuses SP payloads with an empty map (RFC 4563 §5), and passes over an unknown extension', () => {
    const message = decodeMikeyMessage(MESSAGES['msk, SRTP']);
    const empty = encodeMikeyMessage({
      ...message,
      header: { ...message.header, csIdMap: { kind: 'empty' } },
    });
    expect(() => decodeMikeyMessage(empty)).toThrow(expect.objectContaining({ code: 'misplaced-payload' }));
    const extended = encodeMikeyMessage({
      ...message,
      extensions: [...message.extensions, { type: 200, data: octets('ff') }],
    });
    expect(decodeMikeyMessage(extended).keyIds).toEqual(message.keyIds);
  });

  test('gives a value or a MikeyError for any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        for (const decode of [decodeMikeyMessage, decodeKeyData]) {
          try {
            decode(input);
          } catch (error) {
            expect(error).toBeInstanceOf(MikeyError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  // @clause RFC 3830 §6.13 s1
  test('reads key data of every type and validity', () => {
    const key = fc.uint8Array({ maxLength: 40 }).map((each) => new SecretKey(each));
    const field = fc.uint8Array({ maxLength: 8 });
    const validity = fc.oneof(
      fc.record({ kind: fc.constant('NULL' as const) }),
      fc.record({ kind: fc.constant('SPI' as const), spi: field }),
      fc.record({ kind: fc.constant('INTERVAL' as const), from: field, to: field }),
    );
    const plain = fc.record({ type: fc.constantFrom('TGK' as const, 'TEK' as const), key, validity });
    const salted = fc.record({
      type: fc.constantFrom('TGK+SALT' as const, 'TEK+SALT' as const),
      key,
      salt: key,
      validity,
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(plain, salted), { minLength: 1, maxLength: 4 }), (keys) => {
        const encoded = encodeKeyData(keys);
        expect(hex(encodeKeyData(decodeKeyData(encoded)))).toBe(hex(encoded));
      }),
    );
  });
});
