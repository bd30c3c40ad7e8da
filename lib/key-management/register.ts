import { newEvent } from '../events/envelope.ts';
import type { Association } from '../store/association/association.ts';
import type { KeyRequestRead } from '../store/key-request-read.ts';
import { MEDIA_TYPE } from './payload/mime.ts';
import { decodeRegisterRequest, encodeRegisterResponse } from './payload/register.ts';
import { REQUEST_TYPE } from './payload/schema-names.ts';
import { type Decision, type Procedure, RESPONSE_CODE } from './procedure.ts';

/** Registration to MBMS User Services that the subscription allows (TS 33.246 §6.3.2.1A). */
export const register: Procedure<readonly string[]> = {
  requestType: REQUEST_TYPE.register,
  contentType: MEDIA_TYPE.registerRequest,
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
    responseCode === RESPONSE_CODE.ok ? [serviceId] : [],
  );
  return {
    responseCodes: items.map(({ responseCode }) => responseCode),
    responseType: MEDIA_TYPE.registerResponse,
    responsePayload: () => encodeRegisterResponse(items),
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
  if (read.findUserService(serviceId) === undefined) return RESPONSE_CODE.notFound;
  return subscribed.has(serviceId) ? RESPONSE_CODE.ok : RESPONSE_CODE.forbidden;
}
