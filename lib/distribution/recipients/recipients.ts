import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import { isExpired } from '../../gba/lifetime.ts';
import {
  type DeliveryAssociation,
  loadDeliveryAssociations,
  type NamedAssociation,
  openMuks,
} from '../../store/association/delivery-association.ts';
import { claimUsesOfExpiredMuk } from '../../store/association/expired-association.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { loadSubscribers, type Subscriber } from '../../store/registration/subscriber.ts';
import { MAX_BATCH } from '../../store/table.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { Recipient, Unserved } from './recipient.ts';

/** A UE that is to get a message; without a B-TID it is the subscriber's current association. */
export interface WantedUe {
  readonly impi: Impi;
  readonly btid?: Btid | undefined;
}

/** What decides whether a UE gets a message. */
export interface RecipientRule {
  /** User Services that use the Key Group, in the order that decides which of them a UE belongs to. */
  readonly services: readonly string[];
  /** Only UEs that belong to this one of them; others, and those of none, are left out. undefined: all are told of. */
  readonly onlyOf?: string | undefined;
  /**
   * The ID of a push that solicits pulls: one may use a MUK whose lifetime is over (TS 33.246 §6.3.2.2.4 NOTE 1).
   * undefined: an MSK, which never goes out under it.
   */
  readonly pullId?: string | undefined;
  /** ms since the epoch */
  readonly now: number;
}

/**
 * Reads the associations of the UEs, in batches of 100, and finds out who gets a message: those that are registered
 * to, and subscribed to, a User Service of the Key Group now, whose key lifetime is not over, and whose address is known.
 * The MUKs of those are opened, all in one go.
 * @throws StoreError, or the SDK's errors
 */
export async function findRecipients(
  store: KeyStore,
  wanted: readonly WantedUe[],
  rule: RecipientRule,
): Promise<{ recipients: Recipient[]; unserved: Unserved[] }> {
  const { associations, subscribers } = await loadAll(store, wanted, rule.now);
  const served: ServedAssociation[] = [];
  const unserved: Unserved[] = [];
  for (let index = 0; index < wanted.length; index++) {
    const { impi } = wanted[index] as WantedUe;
    const association = associations[index];
    const isReadable = association !== undefined && association !== 'corrupt-item';
    const sets = isReadable ? association : setsOf(subscribers.get(impi));
    if (rule.onlyOf !== undefined && (sets && serviceOf(sets, rule.services)) !== rule.onlyOf) continue;
    if (!isReadable) unserved.push({ impi, reason: association ?? 'unknown-ue' });
    else {
      const reason = refusalOf(association, rule);
      if (reason === undefined && hasAddress(association)) served.push(association);
      else unserved.push({ impi, reason: reason ?? 'no-address' });
    }
  }
  const muks = await openMuks(store, served);
  const recipients: Recipient[] = [];
  const expired: { association: ServedAssociation; recipient: Recipient }[] = [];
  for (let index = 0; index < served.length; index++) {
    const association = served[index] as ServedAssociation;
    const muk = muks[index];
    const { impi, btid, bootstrappedAt, expiresAt, ueAddress: address } = association;
    if (muk === undefined) {
      unserved.push({ impi, reason: 'corrupt-item' });
      continue;
    }
    const recipient = { impi, btid, muk, bootstrappedAt, expiresAt, address };
    if (!isExpired(expiresAt, rule.now)) recipients.push(recipient);
    else expired.push({ association, recipient: { ...recipient, expiresAt: Number.POSITIVE_INFINITY } });
  }
  const { may, mayNot } = await claimUsesOfExpiredMuk(store, expired, rule.pullId, rule.now);
  for (const { association } of mayNot)
    unserved.push({ impi: association.impi, reason: 'pull-already-solicited' });
  for (const { recipient } of may) recipients.push(recipient);
  return { recipients, unserved };
}

/** An association whose UE can be reached. */
type ServedAssociation = DeliveryAssociation & {
  readonly ueAddress: NonNullable<DeliveryAssociation['ueAddress']>;
};

function hasAddress(association: DeliveryAssociation): association is ServedAssociation {
  return association.ueAddress !== undefined;
}

type Sets = Pick<DeliveryAssociation, 'registered' | 'subscribed'>;

function setsOf(subscriber: Subscriber | undefined): Sets | undefined {
  return subscriber && { registered: [...subscriber.registered], subscribed: [...subscriber.subscribed] };
}

/** The first of the services that the UE may have the MSK for: it counts there, and nowhere else. */
function serviceOf({ registered, subscribed }: Sets, services: readonly string[]): string | undefined {
  for (const service of services)
    if (registered.includes(service) && subscribed.includes(service)) return service;
  return undefined;
}

function refusalOf(
  association: DeliveryAssociation,
  { services, pullId, now }: RecipientRule,
): DeliveryFailure | undefined {
  if (serviceOf(association, services) === undefined) return 'not-registered';
  if (pullId === undefined && isExpired(association.expiresAt, now)) return 'expired-association';
  return undefined;
}

type Loaded = (DeliveryAssociation | 'corrupt-item' | undefined)[];

/**
 * The B-TID that a registration or an event has may be outdated: where its association is gone or over, the subscriber
 * says which is the current one. Associations are in the order of the UEs.
 */
async function loadAll(
  store: KeyStore,
  wanted: readonly WantedUe[],
  now: number,
): Promise<{ associations: Loaded; subscribers: ReadonlyMap<Impi, Subscriber> }> {
  const associations = await loadNamed(store, wanted);
  const doubtful: number[] = [];
  for (let index = 0; index < wanted.length; index++) {
    const association = associations[index];
    if (association === undefined || association === 'corrupt-item' || isExpired(association.expiresAt, now))
      doubtful.push(index);
  }
  if (doubtful.length === 0) return { associations, subscribers: new Map() };
  const subscribers = await loadManySubscribers(
    store,
    doubtful.map((index) => (wanted[index] as WantedUe).impi),
  );
  const others = doubtful.flatMap((index) => {
    const { impi, btid } = wanted[index] as WantedUe;
    const current = subscribers.get(impi)?.currentBtid;
    return current === undefined || current === btid ? [] : [{ index, impi, btid: current }];
  });
  const current = await loadNamed(store, others);
  for (const [place, { index }] of others.entries())
    associations[index] = current[place] ?? associations[index];
  return { associations, subscribers };
}

/** The associations of those UEs that have a B-TID; the others have none. */
async function loadNamed(store: KeyStore, ues: readonly WantedUe[]): Promise<Loaded> {
  if (ues.every(isNamed)) return loadDeliveryAssociations(store, ues);
  const found = await loadDeliveryAssociations(store, ues.filter(isNamed));
  let next = 0;
  return ues.map((ue) => (isNamed(ue) ? found[next++] : undefined));
}

function isNamed(ue: WantedUe): ue is NamedAssociation {
  return ue.btid !== undefined;
}

async function loadManySubscribers(
  store: KeyStore,
  impis: readonly Impi[],
): Promise<ReadonlyMap<Impi, Subscriber>> {
  const found = new Map<Impi, Subscriber>();
  for (let start = 0; start < impis.length; start += MAX_BATCH * BATCHES_AT_ONCE) {
    const batches = [];
    for (let batch = 0; batch < BATCHES_AT_ONCE; batch++) {
      const first = start + batch * MAX_BATCH;
      if (first < impis.length) batches.push(loadSubscribers(store, impis.slice(first, first + MAX_BATCH)));
    }
    for (const loaded of await Promise.all(batches))
      for (const [impi, subscriber] of loaded) found.set(impi, subscriber);
  }
  return found;
}

/** Batches read side by side. */
const BATCHES_AT_ONCE = 5;
