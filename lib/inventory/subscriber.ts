import { findHolding, type UeHolding } from '../distribution/holders/holding-of-ue.ts';
import type { Impi } from '../gba/impi.ts';
import { isExpired } from '../gba/lifetime.ts';
import { parseMskId } from '../keys/msk-id.ts';
import {
  type AssociationSummary,
  loadAssociationSummaries,
} from '../store/association/association-summary.ts';
import type { KeyStore } from '../store/key-store.ts';
import { loadSubscribers, type Subscriber } from '../store/registration/subscriber.ts';
import { loadUserServices } from '../store/registration/user-service.ts';
import { type KeyGroupOverview, loadKeyGroupOverviews, type MskOverview } from './key-groups.ts';

/** A bootstrapped security association as operators see it. */
export interface AssociationOverview extends AssociationSummary {
  /** Whether pushes use it. */
  readonly isCurrent: boolean;
  readonly isExpired: boolean;
}

/** An MSK that the subscriber may have, and whether it has it. */
export interface MskOfSubscriber extends MskOverview {
  readonly keyDomainId: KeyGroupOverview['keyDomainId'];
  /** undefined: it was never sent this MSK, as far as the ledger goes back. */
  readonly holding: UeHolding | undefined;
}

/** What a subscriber has to do with one User Service. */
export interface ServiceOfSubscriber {
  readonly serviceId: string;
  /** Whether the User Service is provisioned. */
  readonly exists: boolean;
  readonly isSubscribed: boolean;
  readonly isRegistered: boolean;
  readonly msks: readonly MskOfSubscriber[];
}

/** Why a UE gets no MSK now, whatever is pushed. */
export type Obstacle = 'blocked' | 'no-association' | 'expired-association' | 'no-address' | 'not-registered';

/** A subscriber: what it may have, what it has, and what went wrong last. */
export interface SubscriberOverview {
  readonly impi: Impi;
  /** ms since the epoch; undefined: not blocked. */
  readonly blockedAt: number | undefined;
  readonly services: readonly ServiceOfSubscriber[];
  /** The latest bootstrapped first. */
  readonly associations: readonly AssociationOverview[];
  /** undefined: it can be sent MSKs. */
  readonly obstacle: Obstacle | undefined;
}

/** A subscriber; undefined: nothing is known of it. No key is read. `now` is ms since the epoch. */
export async function loadSubscriberOverview(
  store: KeyStore,
  impi: Impi,
  now: number,
): Promise<SubscriberOverview | undefined> {
  const subscriber = (await loadSubscribers(store, [impi])).get(impi);
  if (subscriber === undefined) return undefined;
  const { currentBtid, blockedAt } = subscriber;
  const btids = [...subscriber.associations, ...(currentBtid === undefined ? [] : [currentBtid])];
  const summaries = await loadAssociationSummaries(store, btids);
  const associations = summaries
    .filter((each) => each.impi === impi)
    .map((each) => ({
      ...each,
      isCurrent: each.btid === currentBtid,
      isExpired: isExpired(each.expiresAt, now),
    }));
  const services = await servicesOf(store, subscriber);
  return { impi, blockedAt, services, associations, obstacle: obstacleOf(blockedAt, services, associations) };
}

async function servicesOf(store: KeyStore, subscriber: Subscriber): Promise<ServiceOfSubscriber[]> {
  const { impi, subscribed, registered } = subscriber;
  const serviceIds = [...new Set([...subscribed, ...registered])].sort();
  const services = await loadUserServices(store, serviceIds);
  const refs = [...services.values()].flatMap(({ keyGroups }) => keyGroups);
  const groups = await loadKeyGroupOverviews(store, refs);
  return Promise.all(
    serviceIds.map(async (serviceId) => ({
      serviceId,
      exists: services.has(serviceId),
      isSubscribed: subscribed.has(serviceId),
      isRegistered: registered.has(serviceId),
      msks: await msksOf(
        store,
        groups.filter((group) => group.services.includes(serviceId)),
        impi,
      ),
    })),
  );
}

function msksOf(
  store: KeyStore,
  groups: readonly KeyGroupOverview[],
  impi: Impi,
): Promise<MskOfSubscriber[]> {
  const msks = groups.flatMap(({ keyDomainId, msks }) =>
    msks
      .filter(({ state }) => state === 'current' || state === 'prepared')
      .map((msk) => ({ keyDomainId, ...msk })),
  );
  return Promise.all(
    msks.map(async (msk) => ({
      ...msk,
      holding: await findHolding(store, msk.keyDomainId, parseMskId(msk.mskId), impi),
    })),
  );
}

function obstacleOf(
  blockedAt: number | undefined,
  services: readonly ServiceOfSubscriber[],
  associations: readonly AssociationOverview[],
): Obstacle | undefined {
  if (blockedAt !== undefined) return 'blocked';
  const live = associations.filter((each) => !each.isExpired);
  if (live.length === 0) return associations.length === 0 ? 'no-association' : 'expired-association';
  if (!services.some(({ isSubscribed, isRegistered }) => isSubscribed && isRegistered))
    return 'not-registered';
  return live.some(({ ueAddress }) => ueAddress !== undefined) ? undefined : 'no-address';
}
