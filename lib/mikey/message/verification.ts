import { timingSafeEqual } from 'node:crypto';
import { DATA_TYPE, MAC_LENGTH } from '../constants.ts';
import { hmacSha1 } from '../crypto/hmac-sha1.ts';
import { authKeyOf } from '../crypto/key-derivation.ts';
import { MBMS_PROFILE } from '../mbms-profile.ts';
import { counterTimestamp } from '../payload/t.ts';
import { encodeMikeyMessage, type MikeyMessage } from './mikey-message.ts';
import type { MukAddressing } from './msk.ts';

const NO_MAC = new Uint8Array(MAC_LENGTH['HMAC-SHA-1-160']);

/**
 * Encodes the verification message, UE to BM-SC (RFC 3830 §3.1, TS 33.246 §6.4.5.2): HDR, T, IDr, V.
 * `answered` has the values of the MSK message. The MAC covers the message up to it, then IDi, IDr and the
 * counter (§5.2).
 * @throws MikeyError `bad-value`
 */
export function encodeVerificationMessage(answered: MukAddressing): Uint8Array {
  const message = encodeMikeyMessage({
    header: {
      dataType: DATA_TYPE.PSK_VERIFICATION,
      verificationRequested: false,
      csbId: answered.csbId,
      csIdMap: { kind: 'empty' },
    },
    timestamp: counterTimestamp(answered.counter),
    identities: [{ type: MBMS_PROFILE.idrType, data: answered.ueId }],
    securityPolicies: [],
    extensions: [],
    errorNos: [],
    verification: { authAlg: 'HMAC-SHA-1-160', mac: NO_MAC },
  });
  const covered = message.subarray(0, message.length - NO_MAC.length);
  message.set(macOf(covered, answered), covered.length);
  return message;
}

/** Whether a message answers `sent` and its sender holds the MUK; compares the MAC in constant time. */
export function isVerificationMessageAuthentic(message: MikeyMessage, sent: MukAddressing): boolean {
  const { header, timestamp, idr, verification, octets } = message;
  return (
    header.dataType === DATA_TYPE.PSK_VERIFICATION &&
    header.csbId === sent.csbId &&
    timestamp.counter === sent.counter &&
    idr !== undefined &&
    Buffer.from(idr.data).equals(sent.ueId) &&
    verification?.authAlg === 'HMAC-SHA-1-160' &&
    timingSafeEqual(
      verification.mac,
      macOf(octets.subarray(0, octets.length - verification.mac.length), sent),
    )
  );
}

function macOf(covered: Uint8Array, { muk, csbId, rand, bmscId, ueId, counter }: MukAddressing): Uint8Array {
  const auth = authKeyOf(muk, csbId, rand);
  return hmacSha1(auth.exposeOctets(), [covered, bmscId, ueId, counterTimestamp(counter).value]);
}
