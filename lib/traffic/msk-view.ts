import { CURRENT_KEY_NUMBER } from '../keys/msk-id.ts';
import { isInvalidation } from '../keys/msk-validity.ts';
import { findMsk, openMsk } from '../store/key-group/key-group.ts';
import type { KeyGroup, SealedMsk } from '../store/key-group/key-group-item.ts';
import type { WholeMskView } from './schedule.ts';
import { idOfMsk, nameOfMsk, type TrafficMsk, trafficMskOf } from './traffic-key.ts';

const NOTHING = { current: undefined, next: undefined, revoked: new Set<string>() };

/**
 * The MSKs of a Key Group, for the traffic of one of its User Services: none when the service does not use
 * the group. An MSK that was changed in the table counts as none.
 */
export function mskViewOf(group: KeyGroup | undefined, serviceId: string): WholeMskView {
  if (group === undefined) return { ...NOTHING, held: new Set() };
  const { keyDomainId, keyGroup, prepared } = group;
  const revoked = [...group.msks.values()].filter(({ validity }) => isInvalidation(validity));
  const opened = (msk: SealedMsk | undefined): TrafficMsk | undefined => {
    if (msk === undefined || isInvalidation(msk.validity)) return undefined;
    const stored = openMsk(msk);
    if (stored === 'corrupt-item') return undefined;
    const { keyNumber, validity } = stored;
    return trafficMskOf({ keyDomainId, mskId: { keyGroup, keyNumber }, msk: stored.msk, validity });
  };
  const held = new Set([...group.msks.values()].flatMap((msk) => opened(msk) ?? []).map(nameOfMsk));
  if (!group.services.has(serviceId)) return { ...NOTHING, held };
  return {
    held,
    current: opened(findMsk(group, CURRENT_KEY_NUMBER)),
    next: prepared && opened(findMsk(group, prepared.keyNumber)),
    revoked: new Set(
      revoked.map(({ keyNumber }) => idOfMsk({ keyDomainId, mskId: { keyGroup, keyNumber } })),
    ),
  };
}
