import {
  KEY_DOMAIN_ID_LENGTH,
  type KeyDomainId,
  keyDomainIdFromOctets,
  keyDomainIdOctets,
} from '../../keys/key-domain-id.ts';
import { formatMskId, MSK_ID_LENGTH, type MskId, mskIdFromOctets, mskIdOctets } from '../../keys/msk-id.ts';
import { decodeBase64Binary, encodeBase64Binary } from './base64.ts';
import { ELEMENT, XML } from './schema-names.ts';
import {
  checkedCount,
  childrenOf,
  decodeDocument,
  type Element,
  encodeDocument,
  MAX_RESPONSE_LENGTH,
  responseCodeOf,
  textOf,
} from './xml.ts';

/** An MSK that a UE requests (TS 33.246 §6.3.2.2.1). */
export interface KeyIdentification {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** The BM-SC's response code for an MSK. */
export type MskResponse = KeyIdentification & { readonly responseCode: number };

/**
 * Encodes an MSK request: 1 to 64 pairs of Key Domain ID and MSK ID, each once; Base64.
 * @throws PayloadError
 */
export function encodeMskRequest(keys: readonly KeyIdentification[]): string {
  return encodeDocument(XML.mskRequest, {
    [ELEMENT.msk]: checkedCount(eachOnce(keys), ELEMENT.msk).map(identificationOf),
  });
}

/** Decodes an MSK request: the pairs, each once. @throws PayloadError */
export function decodeMskRequest(body: Uint8Array): KeyIdentification[] {
  const items = childrenOf(decodeDocument(body, XML.mskRequest.root), ELEMENT.msk);
  return [...checkedCount(eachOnce(items.map(decodeIdentification)), ELEMENT.msk)];
}

/**
 * Encodes a code of three digits for each of 1 to 64 MSKs (TS 33.246 §6.3.2.4); Base64.
 * @throws PayloadError
 */
export function encodeMskResponse(items: readonly MskResponse[]): string {
  const children = checkedCount(items, ELEMENT.response).map((item) => ({
    ...identificationOf(item),
    [ELEMENT.responseCode]: responseCodeOf(String(item.responseCode)),
  }));
  return encodeDocument(XML.mskResponse, { [ELEMENT.response]: children }, MAX_RESPONSE_LENGTH);
}

/** Decodes the codes of an answer. @throws PayloadError */
export function decodeMskResponse(body: Uint8Array): MskResponse[] {
  const document = decodeDocument(body, XML.mskResponse.root, MAX_RESPONSE_LENGTH);
  return checkedCount(childrenOf(document, ELEMENT.response), ELEMENT.response).map((item) => ({
    ...decodeIdentification(item),
    responseCode: responseCodeOf(textOf(item, ELEMENT.responseCode)),
  }));
}

function eachOnce(keys: readonly KeyIdentification[]): KeyIdentification[] {
  return [...new Map(keys.map((key) => [`${key.keyDomainId}/${formatMskId(key.mskId)}`, key])).values()];
}

function identificationOf({ keyDomainId, mskId }: KeyIdentification) {
  return {
    [ELEMENT.keyDomainId]: encodeBase64Binary(keyDomainIdOctets(keyDomainId)),
    [ELEMENT.mskId]: encodeBase64Binary(mskIdOctets(mskId)),
  };
}

function decodeIdentification(item: Element): KeyIdentification {
  const { keyDomainId, mskId } = ELEMENT;
  return {
    keyDomainId: keyDomainIdFromOctets(
      decodeBase64Binary(textOf(item, keyDomainId), KEY_DOMAIN_ID_LENGTH, keyDomainId),
    ),
    mskId: mskIdFromOctets(decodeBase64Binary(textOf(item, mskId), MSK_ID_LENGTH, mskId)),
  };
}
