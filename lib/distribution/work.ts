import type { IncomingEvent } from '../events/envelope.ts';
import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, type MskId, mskId } from '../keys/msk-id.ts';
import type { KeyStore } from '../store/key-store.ts';
import { loadUserServices } from '../store/user-service.ts';

/** A message to make for one UE: an MSK (Key Number 0x0: the current one), or a solicited pull of its Key Group. */
export interface WorkItem {
  readonly kind: 'msk' | 'solicited-pull';
  readonly impi: Impi;
  /** The association that asked; undefined: the subscriber's current one. */
  readonly btid: Btid | undefined;
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** Whether the UE is asked for a verification message; undefined: as set. */
  readonly verification: boolean | undefined;
}

/** What an event asks to be sent (TS 33.246 §6.3.2.3.1, §6.3.2.2.4). Facts that ask for nothing give nothing. */
export async function workOfEvent(store: KeyStore, event: IncomingEvent): Promise<WorkItem[]> {
  const { detailType, data } = event;
  switch (detailType) {
    case 'MSK Request Granted':
      return data.msks.map((msk) => ({
        kind: 'msk',
        impi: data.impi,
        btid: data.bTid,
        ...msk,
        verification: undefined,
      }));
    case 'Push MSK': {
      const { keyDomainId, mskId, target, verification } = data;
      return target.ues.map((impi) => ({
        kind: 'msk',
        impi,
        btid: undefined,
        keyDomainId,
        mskId,
        verification,
      }));
    }
    case 'Solicit MSK Pull':
      return data.target.ues.map((impi) => ({
        kind: 'solicited-pull',
        impi,
        btid: undefined,
        keyDomainId: data.keyDomainId,
        mskId: mskId(data.keyGroup, CURRENT_KEY_NUMBER),
        verification: false,
      }));
    case 'UE Registered':
      return workOfRegistration(store, data);
    default:
      return [];
  }
}

/** A UE that has registered is sent the current MSKs of its new User Services, each Key Group once. */
async function workOfRegistration(
  store: KeyStore,
  { impi, bTid, serviceIds }: { impi: Impi; bTid: Btid; serviceIds: readonly string[] },
): Promise<WorkItem[]> {
  const services = await loadUserServices(store, serviceIds);
  const groups = [...services.values()].flatMap(({ keyGroups }) => keyGroups);
  const distinct = new Map(groups.map((group) => [`${group.keyDomainId}/${group.keyGroup}`, group]));
  return [...distinct.values()].map(({ keyDomainId, keyGroup }) => ({
    kind: 'msk',
    impi,
    btid: bTid,
    keyDomainId,
    mskId: mskId(keyGroup, CURRENT_KEY_NUMBER),
    verification: undefined,
  }));
}
