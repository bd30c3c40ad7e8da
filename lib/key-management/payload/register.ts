import { PayloadError } from './errors.ts';
import { ELEMENT, XML } from './schema-names.ts';
import { decodeDocument, encodeDocument, itemsOf, responseCodeOf, textOf, textsOf } from './xml.ts';

/** What the BM-SC says of a User Service in an answer. */
export interface ServiceResponse {
  readonly serviceId: string;
  readonly responseCode: number;
}

const MAX_SERVICE_ID_LENGTH = 512;

/** The payload of a registration: 1 to 64 User Service IDs; Base64. */
export function encodeRegisterRequest(serviceIds: readonly string[]): string {
  return encodeDocument(XML.register, { [ELEMENT.serviceId]: [...serviceIds] });
}

/** User Service IDs, each once. @throws PayloadError */
export function decodeRegisterRequest(body: Uint8Array): string[] {
  return decodeServiceIds(body, XML.register.root);
}

/** The payload of a deregistration, as of a registration. */
export function encodeDeregisterRequest(serviceIds: readonly string[]): string {
  return encodeDocument(XML.deregister, { [ELEMENT.serviceId]: [...serviceIds] });
}

/** User Service IDs, each once. @throws PayloadError */
export function decodeDeregisterRequest(body: Uint8Array): string[] {
  return decodeServiceIds(body, XML.deregister.root);
}

/** A code for each User Service (TS 33.246 §6.3.2.4); Base64. */
export function encodeRegisterResponse(items: readonly ServiceResponse[]): string {
  return encodeDocument(XML.registerResponse, {
    [ELEMENT.response]: items.map(({ serviceId, responseCode }) => ({
      [ELEMENT.serviceId]: serviceId,
      [ELEMENT.responseCode]: responseCode,
    })),
  });
}

/** @throws PayloadError */
export function decodeRegisterResponse(body: Uint8Array): ServiceResponse[] {
  return itemsOf(decodeDocument(body, XML.registerResponse.root), ELEMENT.response).map((item) => ({
    serviceId: textOf(item, ELEMENT.serviceId),
    responseCode: responseCodeOf(textOf(item, ELEMENT.responseCode)),
  }));
}

function decodeServiceIds(body: Uint8Array, root: string): string[] {
  const document = decodeDocument(body, root);
  itemsOf(document, ELEMENT.serviceId);
  const serviceIds = [...new Set(textsOf(document, ELEMENT.serviceId))];
  for (const serviceId of serviceIds) {
    if (serviceId === '' || serviceId.length > MAX_SERVICE_ID_LENGTH || /[\s\p{C}]/u.test(serviceId)) {
      throw new PayloadError(
        'bad-content',
        `a ${ELEMENT.serviceId} is a URI of at most ${MAX_SERVICE_ID_LENGTH} characters`,
      );
    }
  }
  return serviceIds;
}
