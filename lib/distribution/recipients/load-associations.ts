import { batches } from '../../batches.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import { isExpired } from '../../gba/lifetime.ts';
import {
  type DeliveryAssociation,
  loadDeliveryAssociations,
  type NamedAssociation,
} from '../../store/association/delivery-association.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { loadSubscribers, type Subscriber } from '../../store/registration/subscriber.ts';
import { MAX_BATCH } from '../../store/table.ts';
import type { RequestedUe } from './recipient.ts';

/** Batches read in parallel. */
const PARALLEL_BATCHES = 5;

/** The association of a UE; undefined: it has none. */
export type LoadedAssociation = DeliveryAssociation | 'corrupt-item' | undefined;

/**
 * The associations of UEs, in their order: those that came with their page, and the others by reading them.
 * The B-TID of a registration or an event may be outdated, and so may an expired copy: where an association
 * is missing or expired, the subscriber's item names the current one.
 * @returns also the subscribers that were read for this
 */
export async function loadAssociations(
  store: KeyStore,
  ues: readonly RequestedUe[],
  now: number,
): Promise<{ associations: LoadedAssociation[]; subscribers: ReadonlyMap<Impi, Subscriber> }> {
  const associations = await loadUncopied(store, ues, now);
  const doubtful: number[] = [];
  for (let index = 0; index < ues.length; index++)
    if (!isValid(associations[index], now)) doubtful.push(index);
  if (doubtful.length === 0) return { associations, subscribers: new Map() };
  const subscribers = await loadManySubscribers(
    store,
    doubtful.map((index) => (ues[index] as RequestedUe).impi),
  );
  const replaced = doubtful.flatMap((index) => {
    const { impi, btid } = ues[index] as RequestedUe;
    const current: Btid | undefined = subscribers.get(impi)?.currentBtid;
    return current === undefined || current === btid ? [] : [{ index, impi, btid: current }];
  });
  const current = await loadNamed(store, replaced);
  for (const [position, { index }] of replaced.entries())
    associations[index] = current[position] ?? associations[index];
  return { associations, subscribers };
}

function isValid(association: LoadedAssociation, now: number): boolean {
  return (
    association !== undefined && association !== 'corrupt-item' && !isExpired(association.expiresAt, now)
  );
}

/** The copies of the UEs that came with a valid one, and the associations of the others. */
async function loadUncopied(
  store: KeyStore,
  ues: readonly RequestedUe[],
  now: number,
): Promise<LoadedAssociation[]> {
  const associations: LoadedAssociation[] = ues.map(({ copy }) => copy);
  const missing: number[] = [];
  for (let index = 0; index < ues.length; index++)
    if (!isValid(associations[index], now)) missing.push(index);
  if (missing.length === 0) return associations;
  const loaded = await loadNamed(
    store,
    missing.map((index) => ues[index] as RequestedUe),
  );
  for (const [position, index] of missing.entries()) associations[index] = loaded[position];
  return associations;
}

/** The associations of the UEs that have a B-TID; undefined for the others. */
async function loadNamed(store: KeyStore, ues: readonly RequestedUe[]): Promise<LoadedAssociation[]> {
  if (ues.every(isNamed)) return loadDeliveryAssociations(store, ues);
  const found = await loadDeliveryAssociations(store, ues.filter(isNamed));
  let next = 0;
  return ues.map((ue) => (isNamed(ue) ? found[next++] : undefined));
}

function isNamed(ue: RequestedUe): ue is NamedAssociation {
  return ue.btid !== undefined;
}

async function loadManySubscribers(
  store: KeyStore,
  impis: readonly Impi[],
): Promise<ReadonlyMap<Impi, Subscriber>> {
  const found = new Map<Impi, Subscriber>();
  for (const parallel of batches(batches(impis, MAX_BATCH), PARALLEL_BATCHES))
    for (const loaded of await Promise.all(parallel.map((batch) => loadSubscribers(store, batch))))
      for (const [impi, subscriber] of loaded) found.set(impi, subscriber);
  return found;
}
