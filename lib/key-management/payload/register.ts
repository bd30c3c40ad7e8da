import { isServiceId, MAX_SERVICE_ID_LENGTH } from '../../store/registration/service-id.ts';
import { PayloadError } from './errors.ts';
import { ELEMENT, XML } from './schema-names.ts';
import {
  checkedCount,
  childrenOf,
  decodeDocument,
  encodeDocument,
  MAX_RESPONSE_LENGTH,
  responseCodeOf,
  textOf,
  textsOf,
} from './xml.ts';

/** The BM-SC's response code for a User Service. */
export interface ServiceResponse {
  readonly serviceId: string;
  readonly responseCode: number;
}

/** Encodes a registration: 1 to 64 User Service IDs, each once; Base64. @throws PayloadError */
export function encodeRegisterRequest(serviceIds: readonly string[]): string {
  return encodeServiceIds(serviceIds, XML.register);
}

/** Decodes a registration: User Service IDs, each once. @throws PayloadError */
export function decodeRegisterRequest(body: Uint8Array): string[] {
  return decodeServiceIds(body, XML.register.root);
}

/** Encodes a deregistration, as `encodeRegisterRequest`. @throws PayloadError */
export function encodeDeregisterRequest(serviceIds: readonly string[]): string {
  return encodeServiceIds(serviceIds, XML.deregister);
}

/** Decodes a deregistration: User Service IDs, each once. @throws PayloadError */
export function decodeDeregisterRequest(body: Uint8Array): string[] {
  return decodeServiceIds(body, XML.deregister.root);
}

/**
 * Encodes a code of three digits for each of 1 to 64 User Services (TS 33.246 §6.3.2.4); Base64.
 * @throws PayloadError
 */
export function encodeRegisterResponse(items: readonly ServiceResponse[]): string {
  const children = checkedCount(items, ELEMENT.response).map(({ serviceId, responseCode }) => ({
    [ELEMENT.serviceId]: checkedServiceId(serviceId),
    [ELEMENT.responseCode]: responseCodeOf(String(responseCode)),
  }));
  return encodeDocument(XML.registerResponse, { [ELEMENT.response]: children }, MAX_RESPONSE_LENGTH);
}

/** Decodes the codes of an answer. @throws PayloadError */
export function decodeRegisterResponse(body: Uint8Array): ServiceResponse[] {
  const document = decodeDocument(body, XML.registerResponse.root, MAX_RESPONSE_LENGTH);
  return checkedCount(childrenOf(document, ELEMENT.response), ELEMENT.response).map((item) => ({
    serviceId: checkedServiceId(textOf(item, ELEMENT.serviceId)),
    responseCode: responseCodeOf(textOf(item, ELEMENT.responseCode)),
  }));
}

function encodeServiceIds(
  serviceIds: readonly string[],
  schema: { readonly namespace: string; readonly root: string },
): string {
  const each = [...new Set(serviceIds)].map(checkedServiceId);
  return encodeDocument(schema, { [ELEMENT.serviceId]: checkedCount(each, ELEMENT.serviceId) });
}

function decodeServiceIds(body: Uint8Array, root: string): string[] {
  const document = decodeDocument(body, root);
  const each = [...new Set(textsOf(document, ELEMENT.serviceId))];
  return [...checkedCount(each, ELEMENT.serviceId)].map(checkedServiceId);
}

function checkedServiceId(serviceId: string): string {
  if (!isServiceId(serviceId)) {
    throw new PayloadError(
      'bad-content',
      `a ${ELEMENT.serviceId} is a URI of 1 to ${MAX_SERVICE_ID_LENGTH} octets without blanks`,
    );
  }
  return serviceId;
}
