import { newEvent } from '../events/envelope.ts';
import type { Association } from '../store/association/association.ts';
import { MEDIA_TYPE } from './payload/mime.ts';
import { decodeDeregisterRequest, encodeRegisterResponse } from './payload/register.ts';
import { REQUEST_TYPE } from './payload/schema-names.ts';
import { type Decision, type Procedure, RESPONSE_CODE } from './procedure.ts';

/** Deregistration from MBMS User Services (TS 33.246 §6.3.2.1B); it needs no subscription. */
export const deregister: Procedure<readonly string[]> = {
  requestType: REQUEST_TYPE.deregister,
  contentType: MEDIA_TYPE.deregisterRequest,
  decode: decodeDeregisterRequest,
  named: () => ({}),
  decide,
};

function decide(serviceIds: readonly string[], association: Association): Decision {
  const items = serviceIds.map((serviceId) => ({
    serviceId,
    responseCode: association.registered.has(serviceId) ? RESPONSE_CODE.ok : RESPONSE_CODE.notFound,
  }));
  const left = items.flatMap(({ serviceId, responseCode }) =>
    responseCode === RESPONSE_CODE.ok ? [serviceId] : [],
  );
  return {
    responseCodes: items.map(({ responseCode }) => responseCode),
    responseType: MEDIA_TYPE.registerResponse,
    responsePayload: () => encodeRegisterResponse(items),
    deregister: left,
    event: (about) =>
      newEvent(
        'UE Deregistered',
        { impi: association.impi, bTid: association.btid, serviceIds: left },
        about,
      ),
  };
}
