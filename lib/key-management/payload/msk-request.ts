import {
  KEY_DOMAIN_ID_LENGTH,
  type KeyDomainId,
  keyDomainIdFromOctets,
  keyDomainIdOctets,
} from '../../keys/key-domain-id.ts';
import { formatMskId, MSK_ID_LENGTH, type MskId, mskIdFromOctets, mskIdOctets } from '../../keys/msk-id.ts';
import { checkedCount, decodeItems, encodeItems, type ItemTexts } from './document.ts';
import { decodeIdentifier, encodeIdentifier } from './identifier.ts';
import { DEFAULT_PAYLOAD_PROFILE, type PayloadProfile } from './payload-profile.ts';
import { decodeResponseCode, encodeResponseCode } from './response-code.ts';

/** An MSK that a UE requests (TS 33.246 §6.3.2.2.1). */
export interface KeyIdentification {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** The BM-SC's response code for an MSK. */
export type MskResponse = KeyIdentification & { readonly responseCode: number };

/**
 * Encodes an MSK request: 1 to 64 pairs of Key Domain ID and MSK ID, each once.
 * @throws PayloadError
 */
export function encodeMskRequest(
  keys: readonly KeyIdentification[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  const items = checkedCount(eachOnce(keys), profile, 'mskRequest');
  return encodeItems(
    items.map((key) => textsOf(key, profile)),
    profile,
    'mskRequest',
  );
}

/** Decodes an MSK request: the pairs, each once. @throws PayloadError */
export function decodeMskRequest(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): KeyIdentification[] {
  const items = decodeItems(body, profile, 'mskRequest').map((texts) => identificationOf(texts, profile));
  return [...checkedCount(eachOnce(items), profile, 'mskRequest')];
}

/**
 * Encodes a code of three digits for each of 1 to 64 MSKs (TS 33.246 §6.3.2.4).
 * @throws PayloadError
 */
export function encodeMskResponse(
  items: readonly MskResponse[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  const texts = checkedCount(items, profile, 'mskResponse').map((item) => ({
    ...textsOf(item, profile),
    responseCode: encodeResponseCode(item.responseCode, profile),
  }));
  return encodeItems(texts, profile, 'mskResponse');
}

/** Decodes the codes of an answer. @throws PayloadError */
export function decodeMskResponse(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): MskResponse[] {
  const items = decodeItems(body, profile, 'mskResponse');
  return checkedCount(items, profile, 'mskResponse').map((texts) => ({
    ...identificationOf(texts, profile),
    responseCode: decodeResponseCode(texts.responseCode, profile),
  }));
}

function eachOnce(keys: readonly KeyIdentification[]): KeyIdentification[] {
  return [...new Map(keys.map((key) => [`${key.keyDomainId}/${formatMskId(key.mskId)}`, key])).values()];
}

type IdentificationTexts = ItemTexts<'keyDomainId' | 'mskId'>;

function textsOf({ keyDomainId, mskId }: KeyIdentification, profile: PayloadProfile): IdentificationTexts {
  return {
    keyDomainId: encodeIdentifier(keyDomainIdOctets(keyDomainId), profile),
    mskId: encodeIdentifier(mskIdOctets(mskId), profile),
  };
}

function identificationOf(texts: IdentificationTexts, profile: PayloadProfile): KeyIdentification {
  const octetsOf = (field: 'keyDomainId' | 'mskId', length: number) =>
    decodeIdentifier(texts[field], length, profile, profile.mskRequest[field].text);
  return {
    keyDomainId: keyDomainIdFromOctets(octetsOf('keyDomainId', KEY_DOMAIN_ID_LENGTH)),
    mskId: mskIdFromOctets(octetsOf('mskId', MSK_ID_LENGTH)),
  };
}
