import { newEvent } from '../events/envelope.ts';
import { formatMskId, type MskId, mskId } from '../keys/msk-id.ts';
import type { Association } from '../store/association/association.ts';
import { findMsk } from '../store/key-group/key-group.ts';
import type { KeyGroup } from '../store/key-group/key-group-item.ts';
import type { KeyRequestRead } from '../store/key-request-read.ts';
import { decodeMskRequest, encodeMskResponse, type KeyIdentification } from './payload/msk-request.ts';
import { RESPONSE_CODE } from './payload/response-code.ts';
import type { Decision, Procedure } from './procedure.ts';

/**
 * The basic MSK request (TS 33.246 §6.3.2.2.1). Grants an MSK when a User Service that uses its Key Group is
 * registered for the UE and allowed by its subscription. Each MSK has a response code of its own.
 */
export const mskRequest: Procedure<readonly KeyIdentification[]> = {
  request: 'mskRequest',
  decode: decodeMskRequest,
  named: (keys) => ({
    keyGroups: keys.map(({ keyDomainId, mskId: { keyGroup } }) => ({ keyDomainId, keyGroup })),
  }),
  decide,
};

interface MskDecision extends KeyIdentification {
  readonly responseCode: number;
  /** The MSK to deliver, its Key Number resolved. */
  readonly granted?: MskId;
}

/** @clause TS 33.246 §6.3.2.2.1 s5, s6, s7, s8, s10, s11 */
function decide(
  keys: readonly KeyIdentification[],
  association: Association,
  read: KeyRequestRead,
): Decision {
  const items = keys.map((key): MskDecision => {
    const group = read.findKeyGroup({ keyDomainId: key.keyDomainId, keyGroup: key.mskId.keyGroup });
    const msk = findMsk(group, key.mskId.keyNumber);
    if (group === undefined || msk === undefined) return { ...key, responseCode: RESPONSE_CODE.unknown };
    if (!mayHold(association, group)) return { ...key, responseCode: RESPONSE_CODE.forbidden };
    return { ...key, granted: mskId(group.keyGroup, msk.keyNumber), responseCode: RESPONSE_CODE.granted };
  });
  return {
    responseCodes: items.map(({ responseCode }) => responseCode),
    keyDomainIds: items.flatMap(({ keyDomainId, granted }) => (granted === undefined ? [] : [keyDomainId])),
    response: 'mskResponse',
    responsePayload: (profile) =>
      encodeMskResponse(
        items.map(({ keyDomainId, mskId, responseCode }) => ({ keyDomainId, mskId, responseCode })),
        profile,
      ),
    event: (about) =>
      newEvent(
        'MSK Request Granted',
        {
          impi: association.impi,
          bTid: association.btid,
          msks: items.flatMap(({ keyDomainId, granted }) =>
            granted === undefined ? [] : [{ keyDomainId, mskId: formatMskId(granted) }],
          ),
        },
        about,
      ),
  };
}

/** TS 33.246 §6.3.2.2.1: the UE is registered to a User Service that uses the MSK, and authorised for it. */
function mayHold({ registered, subscribed }: Association, { services }: KeyGroup): boolean {
  return [...services].some((service) => registered.has(service) && subscribed.has(service));
}
