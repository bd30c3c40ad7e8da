import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import { isExpired } from '../gba/lifetime.ts';
import { type Association, loadAssociations } from '../store/association.ts';
import { StoreError } from '../store/errors.ts';
import { claimUsesOfExpiredMuk } from '../store/expired-association.ts';
import type { KeyStore } from '../store/key-store.ts';
import { loadSubscribers, type Subscriber } from '../store/subscriber.ts';
import { MAX_BATCH } from '../store/table.ts';
import type { DeliveryFailure } from './errors.ts';
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

/** Batches read side by side. */
const BATCHES_AT_ONCE = 5;

/**
 * Reads the associations of the UEs, in batches of 100, and finds out who gets a message: those that are registered
 * to, and subscribed to, a User Service of the Key Group now, whose key lifetime is not over, and whose address is known.
 * @throws StoreError, or the SDK's errors
 */
export async function findRecipients(
  store: KeyStore,
  wanted: readonly WantedUe[],
  rule: RecipientRule,
): Promise<{ recipients: Recipient[]; unserved: Unserved[] }> {
  const { associations, subscribers } = await loadAll(store, wanted, rule.now);
  const found: { association: Association; recipient: Recipient }[] = [];
  const unserved: Unserved[] = [];
  for (const { impi } of wanted) {
    const association = associations.get(impi);
    const sets =
      association === undefined || association === 'corrupt-item' ? subscribers.get(impi) : association;
    if (rule.onlyOf !== undefined && (sets && serviceOf(sets, rule.services)) !== rule.onlyOf) continue;
    if (association === undefined || association === 'corrupt-item') {
      unserved.push({ impi, reason: association ?? 'unknown-ue' });
      continue;
    }
    const served = recipientOf(association, rule);
    if (typeof served === 'string') unserved.push({ impi, reason: served });
    else found.push({ association, recipient: served });
  }
  const { may, mayNot } = await claimUsesOfExpiredMuk(store, found, rule.pullId, rule.now);
  for (const { association } of mayNot)
    unserved.push({ impi: association.impi, reason: 'pull-already-solicited' });
  return { recipients: may.map(({ recipient }) => recipient), unserved };
}

/** The first of the services that the UE may have the MSK for: it counts there, and nowhere else. */
function serviceOf(
  { registered, subscribed }: Pick<Association, 'registered' | 'subscribed'>,
  services: readonly string[],
): string | undefined {
  return services.find((service) => registered.has(service) && subscribed.has(service));
}

function recipientOf(
  association: Association,
  { services, pullId, now }: RecipientRule,
): Recipient | DeliveryFailure {
  const { impi, btid, bootstrappedAt, ueAddress: address } = association;
  if (serviceOf(association, services) === undefined) return 'not-registered';
  if (pullId === undefined && isExpired(association.expiresAt, now)) return 'expired-association';
  if (address === undefined) return 'no-address';
  try {
    return { impi, btid, muk: association.muk, bootstrappedAt, address };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt-item') return 'corrupt-item';
    throw error;
  }
}

type Loaded = ReadonlyMap<Impi, Association | 'corrupt-item'>;

/**
 * The B-TID that a registration or an event has may be outdated: where its association is gone or over, the subscriber
 * says which is the current one.
 */
async function loadAll(
  store: KeyStore,
  wanted: readonly WantedUe[],
  now: number,
): Promise<{ associations: Loaded; subscribers: ReadonlyMap<Impi, Subscriber> }> {
  const found = new Map(await loadByBtid(store, wanted));
  const doubtful = wanted.filter(({ impi }) => {
    const association = found.get(impi);
    return (
      association === undefined || association === 'corrupt-item' || isExpired(association.expiresAt, now)
    );
  });
  if (doubtful.length === 0) return { associations: found, subscribers: new Map() };
  const subscribers = await inBatches(doubtful, (batch) =>
    loadSubscribers(
      store,
      batch.map(({ impi }) => impi),
    ),
  );
  const others = doubtful.flatMap(({ impi, btid }) => {
    const current = subscribers.get(impi)?.currentBtid;
    return current === undefined || current === btid ? [] : [{ impi, btid: current }];
  });
  for (const [impi, association] of await loadByBtid(store, others)) found.set(impi, association);
  return { associations: found, subscribers };
}

async function loadByBtid(store: KeyStore, ues: readonly WantedUe[]): Promise<Loaded> {
  const named = ues.flatMap(({ impi, btid }) => (btid === undefined ? [] : [{ impi, btid }]));
  return inBatches(named, async (batch) => {
    const associations = await loadWhole(store, batch);
    const found: [Impi, Association | 'corrupt-item'][] = [];
    for (const { impi, btid } of batch) {
      const association = associations.get(btid);
      // A B-TID of another subscriber would be somebody else's key.
      if (association === 'corrupt-item' || association?.impi === impi) found.push([impi, association]);
    }
    return new Map(found);
  });
}

/** One item that can't be read must not keep a hundred UEs from their keys: then each is read for itself. */
async function loadWhole(
  store: KeyStore,
  ues: readonly { readonly btid: Btid }[],
): Promise<ReadonlyMap<Btid, Association | 'corrupt-item'>> {
  try {
    return await loadAssociations(
      store,
      ues.map(({ btid }) => btid),
    );
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'corrupt-item') throw error;
    const [only, ...others] = ues;
    if (only !== undefined && others.length === 0) return new Map([[only.btid, 'corrupt-item']]);
    const halves = await Promise.all([
      loadWhole(store, ues.slice(0, ues.length >> 1)),
      loadWhole(store, ues.slice(ues.length >> 1)),
    ]);
    return new Map(halves.flatMap((half) => [...half]));
  }
}

async function inBatches<Wanted, Key, Value>(
  wanted: readonly Wanted[],
  load: (batch: readonly Wanted[]) => Promise<ReadonlyMap<Key, Value>>,
): Promise<ReadonlyMap<Key, Value>> {
  const found = new Map<Key, Value>();
  for (let start = 0; start < wanted.length; start += MAX_BATCH * BATCHES_AT_ONCE) {
    const batches = Array.from({ length: BATCHES_AT_ONCE }, (_, index) =>
      wanted.slice(start + index * MAX_BATCH, start + (index + 1) * MAX_BATCH),
    ).filter((batch) => batch.length > 0);
    for (const loaded of await Promise.all(batches.map(load)))
      for (const [key, value] of loaded) found.set(key, value);
  }
  return found;
}
