import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import type { MskId } from '../../keys/msk-id.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { DATA_TYPE } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import { MBMS_PROFILE } from '../mbms-profile.ts';
import { keyIdExtension } from '../payload/ext.ts';
import type { CsIdMap } from '../payload/hdr.ts';
import { counterTimestamp } from '../payload/t.ts';
import type { MikeyMessage } from './mikey-message.ts';
import { protect, unprotect } from './protection.ts';

/** An MTK for all UEs that hold the MSK. */
export interface MtkMessageInput {
  /** 16 octets, the pre-shared key of the message. */
  readonly msk: SecretKey;
  /** The RAND of the MSK's own message: an MTK message carries none. */
  readonly rand: Uint8Array;
  readonly csbId: number;
  /** 32 bits, greater than every earlier one under this MSK. */
  readonly counter: number;
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 bits. */
  readonly mtkId: number;
  /** 16 octets. */
  readonly mtk: SecretKey;
  readonly salt?: SecretKey;
  readonly csIdMap?: CsIdMap;
}

/** The content of an MTK message. */
export interface OpenedMtk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly mtkId: number;
  readonly mtk: SecretKey;
  readonly salt?: SecretKey;
}

// @clause RFC 4563 §2 s2, s3
/**
 * Encodes the MTK message, which is broadcast with the data that the MTK protects: HDR, T, EXT, KEMAC. Its
 * payloads and the use of the MSK message's RAND are unverified [M-hi], docs/conformance.md.
 * @throws MikeyError `bad-value`
 */
export function encodeMtkMessage(input: MtkMessageInput): Uint8Array {
  if (input.mtk.length !== MBMS_PROFILE.mtkLength) throw new MikeyError('bad-value', { field: 'MTK length' });
  const { keyDomainId, mskId, mtkId, csbId, csIdMap = { kind: 'empty' }, salt } = input;
  const payloads = {
    header: { dataType: DATA_TYPE.PSK, verificationRequested: false, csbId, csIdMap },
    timestamp: counterTimestamp(input.counter),
    identities: [],
    securityPolicies: [],
    extensions: [keyIdExtension({ keyDomainId, mskId, mtkId })],
    errorNos: [],
  };
  const validity = { kind: 'NULL' } as const;
  const key =
    salt === undefined
      ? ({ type: 'TEK', key: input.mtk, validity } as const)
      : ({ type: 'TEK+SALT', key: input.mtk, salt, validity } as const);
  return protect(payloads, input.msk, input.rand, [key], 'AES-CM-128');
}

/**
 * Opens an MTK message with the MSK that it names and the RAND of that MSK's message. Its time stamp is a
 * counter (TS 31.102 §4.2.81).
 * @throws MikeyError `auth-failure` above all
 */
export function openMtkMessage(message: MikeyMessage, msk: SecretKey, rand: Uint8Array): OpenedMtk {
  if (message.timestamp.counter === undefined) throw new MikeyError('unknown-type', { field: 'T type' });
  const [key, ...others] = unprotect(message, msk, rand);
  const { keyDomainId, mskId, mtkId } = message.keyIds;
  if (keyDomainId === undefined || mskId === undefined || mtkId === undefined) {
    throw new MikeyError('missing-payload', { field: 'EXT of Key IDs' });
  }
  if (key === undefined) throw new MikeyError('missing-payload', { field: 'key data' });
  if (others.length > 0) throw new MikeyError('duplicate-payload', { field: 'key data' });
  if (key.type !== 'TEK' && key.type !== 'TEK+SALT')
    throw new MikeyError('unknown-type', { field: 'key data type' });
  if (key.key.length !== MBMS_PROFILE.mtkLength) throw new MikeyError('bad-value', { field: 'MTK length' });
  return { keyDomainId, mskId, mtkId, mtk: key.key, ...(key.salt === undefined ? {} : { salt: key.salt }) };
}
