import { newEvent } from '../events/envelope.ts';
import type { Association } from '../store/association/association.ts';
import type { KeyRequestRead } from '../store/key-request-read.ts';
import { decodeRegisterRequest, encodeRegisterResponse } from './payload/register.ts';
import { RESPONSE_CODE } from './payload/response-code.ts';
import type { Decision, Procedure } from './procedure.ts';

/** Registration to MBMS User Services that the subscription allows (TS 33.246 §6.3.2.1A). */
export const register: Procedure<readonly string[]> = {
  request: 'register',
  decode: decodeRegisterRequest,
  named: (serviceIds) => ({ serviceIds }),
  decide,
};

function decide(serviceIds: readonly string[], association: Association, read: KeyRequestRead): Decision {
  const items = serviceIds.map((serviceId) => ({
    serviceId,
    responseCode: codeOf(serviceId, association, read),
  }));
  const allowed = items.flatMap(({ serviceId, responseCode }) =>
    responseCode === RESPONSE_CODE.granted ? [serviceId] : [],
  );
  return {
    responseCodes: items.map(({ responseCode }) => responseCode),
    response: 'registerResponse',
    responsePayload: (profile) => encodeRegisterResponse(items, profile),
    register: allowed,
    event: (about) =>
      newEvent(
        'UE Registered',
        { impi: association.impi, bTid: association.btid, serviceIds: allowed },
        about,
      ),
  };
}

function codeOf(serviceId: string, { subscribed }: Association, read: KeyRequestRead): number {
  if (read.findUserService(serviceId) === undefined) return RESPONSE_CODE.unknown;
  return subscribed.has(serviceId) ? RESPONSE_CODE.granted : RESPONSE_CODE.forbidden;
}
