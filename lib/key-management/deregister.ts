import { newEvent } from '../events/envelope.ts';
import type { Association } from '../store/association/association.ts';
import { decodeDeregisterRequest, encodeDeregisterResponse } from './payload/register.ts';
import { RESPONSE_CODE } from './payload/response-code.ts';
import type { Decision, Procedure } from './procedure.ts';

/** Deregistration from MBMS User Services (TS 33.246 §6.3.2.1B); it needs no subscription. */
export const deregister: Procedure<readonly string[]> = {
  request: 'deregister',
  decode: decodeDeregisterRequest,
  named: () => ({}),
  decide,
};

function decide(serviceIds: readonly string[], association: Association): Decision {
  const items = serviceIds.map((serviceId) => ({
    serviceId,
    responseCode: association.registered.has(serviceId) ? RESPONSE_CODE.granted : RESPONSE_CODE.unknown,
  }));
  const left = items.flatMap(({ serviceId, responseCode }) =>
    responseCode === RESPONSE_CODE.granted ? [serviceId] : [],
  );
  return {
    responseCodes: items.map(({ responseCode }) => responseCode),
    response: 'deregisterResponse',
    responsePayload: (profile) => encodeDeregisterResponse(items, profile),
    deregister: left,
    event: (about) =>
      newEvent(
        'UE Deregistered',
        { impi: association.impi, bTid: association.btid, serviceIds: left },
        about,
      ),
  };
}
