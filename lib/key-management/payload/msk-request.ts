import {
  KEY_DOMAIN_ID_LENGTH,
  type KeyDomainId,
  keyDomainIdFromOctets,
  keyDomainIdOctets,
} from '../../keys/key-domain-id.ts';
import { formatMskId, MSK_ID_LENGTH, type MskId, mskIdFromOctets, mskIdOctets } from '../../keys/msk-id.ts';
import { ELEMENT, XML } from './schema-names.ts';
import {
  decodeDocument,
  type Element,
  encodeDocument,
  itemsOf,
  octetsOf,
  responseCodeOf,
  textOf,
} from './xml.ts';

/** An MSK that a UE asks for (TS 33.246 §6.3.2.2.1). */
export interface KeyIdentification {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** What the BM-SC says of an MSK in an answer. */
export type MskResponse = KeyIdentification & { readonly responseCode: number };

/** The payload of an MSK request: 1 to 64 pairs of Key Domain ID and MSK ID; Base64. */
export function encodeMskRequest(keys: readonly KeyIdentification[]): string {
  return encodeDocument(XML.mskRequest, { [ELEMENT.msk]: keys.map(identificationOf) });
}

/** The pairs, each once. @throws PayloadError */
export function decodeMskRequest(body: Uint8Array): KeyIdentification[] {
  const keys = itemsOf(decodeDocument(body, XML.mskRequest.root), ELEMENT.msk).map(decodeIdentification);
  return [...new Map(keys.map((key) => [`${key.keyDomainId}/${formatMskId(key.mskId)}`, key])).values()];
}

/** A code for each MSK (TS 33.246 §6.3.2.4); Base64. */
export function encodeMskResponse(items: readonly MskResponse[]): string {
  return encodeDocument(XML.mskResponse, {
    [ELEMENT.response]: items.map((item) => ({
      ...identificationOf(item),
      [ELEMENT.responseCode]: item.responseCode,
    })),
  });
}

/** @throws PayloadError */
export function decodeMskResponse(body: Uint8Array): MskResponse[] {
  return itemsOf(decodeDocument(body, XML.mskResponse.root), ELEMENT.response).map((item) => ({
    ...decodeIdentification(item),
    responseCode: responseCodeOf(textOf(item, ELEMENT.responseCode)),
  }));
}

function identificationOf({ keyDomainId, mskId }: KeyIdentification) {
  return {
    [ELEMENT.keyDomainId]: Buffer.from(keyDomainIdOctets(keyDomainId)).toString('base64'),
    [ELEMENT.mskId]: Buffer.from(mskIdOctets(mskId)).toString('base64'),
  };
}

function decodeIdentification(item: Element): KeyIdentification {
  const { keyDomainId, mskId } = ELEMENT;
  return {
    keyDomainId: keyDomainIdFromOctets(
      octetsOf(textOf(item, keyDomainId), KEY_DOMAIN_ID_LENGTH, keyDomainId),
    ),
    mskId: mskIdFromOctets(octetsOf(textOf(item, mskId), MSK_ID_LENGTH, mskId)),
  };
}
