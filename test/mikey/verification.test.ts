import { describe, expect, test } from 'vitest';
import { hmacSha1 } from '../../lib/mikey/crypto/hmac-sha1.ts';
import { messageKeysOf } from '../../lib/mikey/crypto/key-derivation.ts';
import {
  decodeMikeyMessage,
  encodeMikeyMessage,
  isVerificationMessageAuthentic,
  type MikeyMessage,
} from '../../lib/mikey/index.ts';
import { counterTimestamp } from '../../lib/mikey/payload/t.ts';
import { ADDRESSING, MESSAGES, MSK } from './messages.ts';

describe('a verification message', () => {
  // @clause RFC 3830 §3.1 s2
  // @clause RFC 3830 §5.2 s2
  test('is authentic for what was sent, and for nothing else', () => {
    const message = decodeMikeyMessage(MESSAGES.verification);
    expect(isVerificationMessageAuthentic(message, ADDRESSING)).toBe(true);
    for (const other of [
      { counter: 1 },
      { csbId: 1 },
      { muk: MSK },
      { rand: new Uint8Array(16) },
      { bmscId: new Uint8Array(3) },
      { ueId: new Uint8Array(3) },
    ]) {
      expect(isVerificationMessageAuthentic(message, { ...ADDRESSING, ...other })).toBe(false);
    }
  });

  const genuine = decodeMikeyMessage(MESSAGES.verification);

  /**
   * A changed message with the MAC of whoever holds the MUK: only the check of the changed field notices
   * it.
   */
  const withNewMac = (change: Partial<MikeyMessage>) => {
    const mac = new Uint8Array(20);
    const changed = encodeMikeyMessage({
      ...genuine,
      verification: { authAlg: 'HMAC-SHA-1-160', mac },
      ...change,
    });
    const { muk, csbId, rand, bmscId, ueId, counter } = ADDRESSING;
    const covered = changed.subarray(0, changed.length - mac.length);
    const auth = messageKeysOf(muk, csbId, rand).auth.exposeOctets();
    changed.set(hmacSha1(auth, [covered, bmscId, ueId, counterTimestamp(counter).value]), covered.length);
    return decodeMikeyMessage(changed);
  };
  const { header, idr } = genuine;

  test('is authentic with the MAC that the helper of this test makes', () => {
    expect(isVerificationMessageAuthentic(withNewMac({}), ADDRESSING)).toBe(true);
  });

  test.each<[string, Partial<MikeyMessage>]>([
    ['another data type', { header: { ...header, dataType: 0 } }],
    ['another CSB ID', { header: { ...header, csbId: 1 } }],
    ['another counter', { timestamp: { ...counterTimestamp(1), counter: 1 } }],
    ['another IDr', { identities: idr === undefined ? [] : [{ ...idr, data: Buffer.from('another@ue') }] }],
    ['no IDr', { identities: [] }],
  ])('is not authentic with %s, whatever its MAC', (_, change) => {
    expect(isVerificationMessageAuthentic(withNewMac(change), ADDRESSING)).toBe(false);
  });

  test('is not authentic with the NULL MAC or without V', () => {
    for (const verification of [{ authAlg: 'NULL', mac: new Uint8Array(0) } as const, undefined]) {
      const message = decodeMikeyMessage(encodeMikeyMessage({ ...genuine, verification }));
      expect(isVerificationMessageAuthentic(message, ADDRESSING)).toBe(false);
    }
  });
});
