import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatKeyGroup } from '../keys/msk-id.ts';
import { shardOf } from './registration/shards.ts';
import type { ItemKey } from './table.ts';

/**
 * How the partition key of each kind of item starts. partition-patterns.ts makes patterns for IAM policies of
 * it.
 */
export const PARTITION = {
  association: 'B-TID#',
  subscriber: 'IMPI#',
  userService: 'SERVICE#',
  keyGroup: 'KEY-GROUP#',
  registrations: 'REGISTRATIONS#',
  push: 'PUSH#',
  pushesOfMsk: 'PUSHES#',
  answers: 'ANSWERS#',
  pushChain: 'PUSH-CHAIN#',
  lookUps: 'LOOK-UPS#',
  request: 'REQUEST#',
  catalogue: 'CATALOGUE#',
  stops: 'STOPS',
  mtkRange: 'MTKS#',
  trafficTurn: 'TRAFFIC#',
  mbsSession: 'MBS#',
} as const;

/** The bootstrapped security association of a B-TID. */
export const associationKey = (btid: Btid): ItemKey => ({
  pk: `${PARTITION.association}${btid}`,
  sk: 'ASSOCIATION',
});

/** The subscriptions, registrations and associations of a subscriber. */
export const subscriberKey = (impi: Impi): ItemKey => ({
  pk: `${PARTITION.subscriber}${impi}`,
  sk: 'SUBSCRIBER',
});

/** An MBMS User Service. */
export const userServiceKey = (serviceId: string): ItemKey => ({
  pk: `${PARTITION.userService}${serviceId}`,
  sk: 'SERVICE',
});

/** The MSKs of a Key Group within its Key Domain. */
export const keyGroupKey = (keyDomainId: KeyDomainId, keyGroup: number): ItemKey => ({
  pk: `${PARTITION.keyGroup}${keyDomainId}#${formatKeyGroup(keyGroup)}`,
  sk: 'KEY-GROUP',
});

/** The wrapped data keys that MUKs, MRKs and MSKs are sealed under. */
export const dataKeyRingKey: ItemKey = { pk: 'DATA-KEYS', sk: 'DATA-KEYS' };

/** One UE's registration to a User Service, in a shard chosen by its IMPI. */
export const registrationKey = (serviceId: string, impi: Impi): ItemKey => ({
  pk: registrationShardKey(serviceId, shardOf(impi)),
  sk: `IMPI#${impi}`,
});

/** The partition of one shard, from 0 to `REGISTRATION_SHARDS` - 1, of a User Service's registrations. */
export const registrationShardKey = (serviceId: string, shard: number): string =>
  `${PARTITION.registrations}${serviceId}#${shard}`;

/** A push: what is sent to whom, and when it was completed. */
export const pushKey = (pushId: string): ItemKey => ({ pk: `${PARTITION.push}${pushId}`, sk: 'PUSH' });

/** The pushes of one MSK, in order of their beginning. */
export const pushOfMskKey = (keyDomainId: KeyDomainId, mskId: string, position: string): ItemKey => ({
  pk: `${PARTITION.pushesOfMsk}${keyDomainId}#${mskId}`,
  sk: position,
});

/** UEs that were sent an MSK on their request, in order of time. */
export const answersKey = (keyDomainId: KeyDomainId, mskId: string, position: string): ItemKey => ({
  pk: `${PARTITION.answers}${keyDomainId}#${mskId}`,
  sk: position,
});

/** The counts of one chain of a push's pages. The ID stands last, for it may be any text. */
export const pushChainKey = (pushId: string, chain: number): ItemKey => ({
  pk: `${PARTITION.pushChain}${chain}#${pushId}`,
  sk: 'CHAIN',
});

/** One page of a push's chain: its bounds and its outcome. */
export const pushPageKey = (pushId: string, chain: number, page: number): ItemKey => ({
  pk: pushChainKey(pushId, chain).pk,
  sk: `PAGE#${String(page).padStart(8, '0')}`,
});

/** The look-ups in the network of one second, counted since the epoch. */
export const lookUpsKey = (second: number): ItemKey => ({
  pk: `${PARTITION.lookUps}${second}`,
  sk: 'LOOK-UPS',
});

/** An idempotency key of the bus, and the request that it is bound to. */
export const requestKey = (idempotencyKey: string): ItemKey => ({
  pk: `${PARTITION.request}${idempotencyKey}`,
  sk: 'REQUEST',
});

/** What came of one event with that idempotency key. */
export const requestOutcomeKey = (idempotencyKey: string, eventId: string): ItemKey => ({
  pk: requestKey(idempotencyKey).pk,
  sk: `OUTCOME#${eventId}`,
});

/** An entry of the catalogue: names one thing of a kind. */
export const catalogueKey = (kind: string, name: string): ItemKey => ({
  pk: `${PARTITION.catalogue}${kind}`,
  sk: name,
});

/** What senders are to stop, in order of time. */
export const stopKey = (position: string): ItemKey => ({ pk: PARTITION.stops, sk: position });

/** The MTK IDs and counters given out under an MSK; the RAND, in hexadecimal, tells MSKs of one ID apart. */
export const mtkRangeKey = (keyDomainId: KeyDomainId, mskId: string, rand: string): ItemKey => ({
  pk: `${PARTITION.mtkRange}${keyDomainId}#${mskId}#${rand}`,
  sk: 'MTKS',
});

/** Which instance sends the MTKs of a User Service under a Key Group. */
export const trafficTurnKey = (name: string): ItemKey => ({
  pk: `${PARTITION.trafficTurn}${name}`,
  sk: 'TURN',
});

/** The MTKs of a stream that are kept for other systems. */
export const keptMtksKey = (name: string): ItemKey => ({
  pk: trafficTurnKey(name).pk,
  sk: 'MTKS',
});

/** What is known of an MBS session that gets MSKs. */
export const mbsSessionKey = (name: string): ItemKey => ({
  pk: `${PARTITION.mbsSession}${name}`,
  sk: 'SESSION',
});

/** The MTK that another network has made, to be sent under an MSK of a Key Group. */
export const importedMtkKey = (keyDomainId: KeyDomainId, keyGroup: number, keyNumber: number): ItemKey => ({
  pk: keyGroupKey(keyDomainId, keyGroup).pk,
  sk: `${IMPORTED_MTKS}${formatKeyGroup(keyNumber)}`,
});

/** Where the sort keys of imported MTKs begin. */
export const IMPORTED_MTKS = 'MTK#';
