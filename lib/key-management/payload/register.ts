import { isServiceId, MAX_SERVICE_ID_LENGTH } from '../../store/registration/service-id.ts';
import { checkedCount, decodeItems, encodeItems } from './document.ts';
import { PayloadError } from './errors.ts';
import { describeText, mismatchAt } from './mismatch.ts';
import { DEFAULT_PAYLOAD_PROFILE, type PayloadProfile } from './payload-profile.ts';
import { decodeResponseCode, encodeResponseCode } from './response-code.ts';

/** The BM-SC's response code for a User Service. */
export interface ServiceResponse {
  readonly serviceId: string;
  readonly responseCode: number;
}

type Request = 'register' | 'deregister';
type Response = 'registerResponse' | 'deregisterResponse';

/** Encodes a registration: 1 to 64 User Service IDs, each once. @throws PayloadError */
export function encodeRegisterRequest(
  serviceIds: readonly string[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  return encodeServiceIds(serviceIds, profile, 'register');
}

/** Decodes a registration: User Service IDs, each once. @throws PayloadError */
export function decodeRegisterRequest(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string[] {
  return decodeServiceIds(body, profile, 'register');
}

/** Encodes a deregistration, as `encodeRegisterRequest`. @throws PayloadError */
export function encodeDeregisterRequest(
  serviceIds: readonly string[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  return encodeServiceIds(serviceIds, profile, 'deregister');
}

/** Decodes a deregistration: User Service IDs, each once. @throws PayloadError */
export function decodeDeregisterRequest(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string[] {
  return decodeServiceIds(body, profile, 'deregister');
}

/**
 * Encodes a code of three digits for each of 1 to 64 User Services (TS 33.246 §6.3.2.4).
 * @throws PayloadError
 */
export function encodeRegisterResponse(
  items: readonly ServiceResponse[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  return encodeResponses(items, profile, 'registerResponse');
}

/** Decodes the codes of an answer. @throws PayloadError */
export function decodeRegisterResponse(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): ServiceResponse[] {
  return decodeResponses(body, profile, 'registerResponse');
}

/** Encodes the answer to a deregistration, as `encodeRegisterResponse`. @throws PayloadError */
export function encodeDeregisterResponse(
  items: readonly ServiceResponse[],
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): string {
  return encodeResponses(items, profile, 'deregisterResponse');
}

/** Decodes the codes of an answer to a deregistration. @throws PayloadError */
export function decodeDeregisterResponse(
  body: Uint8Array,
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): ServiceResponse[] {
  return decodeResponses(body, profile, 'deregisterResponse');
}

function encodeServiceIds(serviceIds: readonly string[], profile: PayloadProfile, name: Request): string {
  const each = [...new Set(serviceIds)].map((serviceId) => checkedServiceId(serviceId, profile, name));
  const items = checkedCount(each, profile, name).map((serviceId) => ({ serviceId }));
  return encodeItems(items, profile, name);
}

function decodeServiceIds(body: Uint8Array, profile: PayloadProfile, name: Request): string[] {
  const each = [...new Set(decodeItems(body, profile, name).map(({ serviceId }) => serviceId))];
  return checkedCount(each, profile, name).map((serviceId) => checkedServiceId(serviceId, profile, name));
}

function encodeResponses(items: readonly ServiceResponse[], profile: PayloadProfile, name: Response): string {
  const texts = checkedCount(items, profile, name).map(({ serviceId, responseCode }) => ({
    serviceId: checkedServiceId(serviceId, profile, name),
    responseCode: encodeResponseCode(responseCode, profile),
  }));
  return encodeItems(texts, profile, name);
}

function decodeResponses(body: Uint8Array, profile: PayloadProfile, name: Response): ServiceResponse[] {
  return checkedCount(decodeItems(body, profile, name), profile, name).map(({ serviceId, responseCode }) => ({
    serviceId: checkedServiceId(serviceId, profile, name),
    responseCode: decodeResponseCode(responseCode, profile),
  }));
}

function checkedServiceId(serviceId: string, profile: PayloadProfile, name: Request | Response): string {
  if (isServiceId(serviceId)) return serviceId;
  const { serviceId: path, item } = profile[name];
  const what = path.text === '.' ? item.text : path.text;
  throw new PayloadError(
    'bad-content',
    `a ${what} is a URI of 1 to ${MAX_SERVICE_ID_LENGTH} octets without blanks`,
    mismatchAt(`${name}.serviceId`, 'a URI', [describeText(serviceId)]),
  );
}
