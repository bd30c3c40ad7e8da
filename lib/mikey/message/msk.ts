import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { isCurrentMskId, type MskId } from '../../keys/msk-id.ts';
import type { MskValidity } from '../../keys/msk-validity.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { DATA_TYPE } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import { MBMS_PROFILE } from '../mbms-profile.ts';
import { keyIdExtension } from '../payload/ext.ts';
import type { CsIdMap } from '../payload/hdr.ts';
import type { KeyData } from '../payload/key-data.ts';
import type { SecurityPolicy } from '../payload/sp.ts';
import { counterTimestamp } from '../payload/t.ts';
import { Writer } from '../writer.ts';
import type { MikeyMessage } from './mikey-message.ts';
import { type Encryption, protect, unprotect } from './protection.ts';

/**
 * Binds a message to one UE and one moment. A triple of CSB ID, RAND and counter is never used twice under a
 * MUK.
 */
export interface MukAddressing {
  /** 32 octets. */
  readonly muk: SecretKey;
  /** 32 bits. */
  readonly csbId: number;
  /** 16 octets. */
  readonly rand: Uint8Array;
  /** 32 bits, greater than every earlier one under this MUK. */
  readonly counter: number;
  /** IDi: the NAF_Id of the BM-SC. */
  readonly bmscId: Uint8Array;
  /** IDr: the B-TID of the UE. */
  readonly ueId: Uint8Array;
}

/** An MSK for one UE. */
export interface MskMessageInput extends MukAddressing {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 octets. */
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  /** The V-bit. */
  readonly verificationRequested: boolean;
  /** Default: AES-CM-128. */
  readonly encryption?: Encryption;
  /** Default: the empty map, for download. Streaming names its SRTP streams and their policies. */
  readonly csIdMap?: CsIdMap;
  readonly securityPolicies?: readonly SecurityPolicy[];
}

/** The content of an MSK message. */
export interface OpenedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  readonly csIdMap: CsIdMap;
  readonly securityPolicies: readonly SecurityPolicy[];
}

/**
 * Encodes the MSK message, BM-SC to UE (TS 33.246 §6.4.5.1): HDR, T, RAND, IDi, IDr, {SP}, EXT, KEMAC.
 * @throws MikeyError `bad-value`
 */
export function encodeMskMessage(input: MskMessageInput): Uint8Array {
  if (input.msk.length !== MBMS_PROFILE.mskLength) throw new MikeyError('bad-value', { field: 'MSK length' });
  if (isCurrentMskId(input.mskId)) throw new MikeyError('bad-value', { field: 'Key Number of the MSK ID' });
  const { seql, sequ } = input.validity;
  const key: KeyData = {
    type: MBMS_PROFILE.mskKeyType,
    key: input.msk,
    validity: { kind: 'INTERVAL', from: endOfValidity(seql), to: endOfValidity(sequ) },
  };
  const { keyDomainId, mskId, verificationRequested, csIdMap, securityPolicies } = input;
  const payloads = {
    ...addressed(input, verificationRequested, csIdMap),
    securityPolicies: securityPolicies ?? [],
    extensions: [keyIdExtension({ keyDomainId, mskId })],
  };
  return protect(payloads, input.muk, input.rand, [key], input.encryption ?? 'AES-CM-128');
}

/**
 * Opens an MSK message with the MUK.
 * @throws MikeyError `auth-failure` above all; it decrypts only after the MAC is right
 */
export function openMskMessage(message: MikeyMessage, muk: SecretKey): OpenedMsk {
  const [key, ...others] = unprotect(message, muk, randOf(message));
  const { keyDomainId, mskId } = message.keyIds;
  if (keyDomainId === undefined || mskId === undefined)
    throw new MikeyError('missing-payload', { field: 'EXT of Key IDs' });
  if (key === undefined) throw new MikeyError('missing-payload', { field: 'key data' });
  if (others.length > 0) throw new MikeyError('duplicate-payload', { field: 'key data' });
  if (!MBMS_PROFILE.mskKeyTypesAccepted.some((type) => type === key.type))
    throw new MikeyError('unknown-type', { field: 'key data type' });
  if (key.key.length !== MBMS_PROFILE.mskLength) throw new MikeyError('bad-value', { field: 'MSK length' });
  if (isCurrentMskId(mskId)) throw new MikeyError('bad-value', { field: 'Key Number of the MSK ID' });
  const { header, securityPolicies } = message;
  return {
    keyDomainId,
    mskId,
    msk: key.key,
    validity: validityOf(key),
    csIdMap: header.csIdMap,
    securityPolicies,
  };
}

/** The payloads that an MSK message and a solicited pull share. */
export function addressed(
  input: MukAddressing,
  verificationRequested: boolean,
  csIdMap: CsIdMap = { kind: 'empty' },
) {
  return {
    header: { dataType: DATA_TYPE.PSK, verificationRequested, csbId: input.csbId, csIdMap },
    timestamp: counterTimestamp(input.counter),
    rand: input.rand,
    identities: [
      { type: MBMS_PROFILE.idiType, data: input.bmscId },
      { type: MBMS_PROFILE.idrType, data: input.ueId },
    ],
    securityPolicies: [],
    errorNos: [],
  };
}

/** @throws MikeyError `missing-payload` */
export function randOf({ rand }: MikeyMessage): Uint8Array {
  if (rand === undefined) throw new MikeyError('missing-payload', { field: 'RAND' });
  return rand;
}

function endOfValidity(mtkId: number): Uint8Array {
  return new Writer().uint(MBMS_PROFILE.validityLength, mtkId, 'key data validity').toOctets();
}

function validityOf({ validity }: KeyData): MskValidity {
  if (validity.kind !== 'INTERVAL') throw new MikeyError('unknown-type', { field: 'key data KV' });
  const [seql, sequ] = [validity.from, validity.to].map((octets) => {
    if (!MBMS_PROFILE.validityLengthsAccepted.some((length) => length === octets.length)) {
      throw new MikeyError('bad-value', { field: 'key data validity length' });
    }
    return octets.reduce((value, octet) => value * 256 + octet, 0);
  });
  return { seql: seql ?? 0, sequ: sequ ?? 0 };
}
