import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import { putIf, updateIf } from '../conditional-write.ts';
import { registrationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { keyOf } from '../table.ts';
import { changeRegistrations } from './subscriber.ts';
import { changeRegistered } from './subscriber-copies.ts';

/** A UE by its subscriber and the association that it authenticated with. */
export interface RegisteredUe {
  readonly impi: Impi;
  readonly btid: Btid;
}

/** The same, and when the association was bootstrapped, in ms since the epoch: a later one takes over. */
export interface RegisteringUe extends RegisteredUe {
  readonly bootstrappedAt: number;
}

/**
 * Registers the UE to User Services, for pushes and for later bootstrappings. `recordAuthenticatedRequest`
 * has written the association before. Repeatable; a registration that a later bootstrapping has stays with
 * that.
 */
export async function putRegistrations(
  store: KeyStore,
  { impi, btid, bootstrappedAt }: RegisteringUe,
  serviceIds: readonly string[],
): Promise<void> {
  await Promise.all([
    changeRegistrations(store, { impi, except: btid }, 'ADD', serviceIds),
    ...serviceIds.map((serviceId) =>
      putIf(
        store,
        {
          ...keyOf(registrationKey(serviceId, impi)),
          impi: { S: impi },
          btid: { S: btid },
          bootstrappedAt: { N: String(bootstrappedAt) },
          serviceId: { S: serviceId },
        },
        NOT_BOOTSTRAPPED_LATER,
        { ':at': { N: String(bootstrappedAt) } },
      ),
    ),
  ]);
}

/** Requests under two associations of a UE may be under way at the same time. */
const NOT_BOOTSTRAPPED_LATER = 'attribute_not_exists(bootstrappedAt) OR bootstrappedAt <= :at';

/**
 * Makes pushes to the UE's User Services use the association of its later bootstrapping. A registration that
 * was deleted meanwhile stays deleted, and one that a still later bootstrapping has taken over stays with
 * that.
 */
export async function moveRegistrations(
  store: KeyStore,
  { impi, btid, bootstrappedAt }: RegisteringUe,
  serviceIds: readonly string[],
): Promise<void> {
  await Promise.all(
    serviceIds.map((serviceId) =>
      updateIf(store, registrationKey(serviceId, impi), {
        update: 'SET btid = :btid, bootstrappedAt = :at',
        condition: `attribute_exists(pk) AND (${NOT_BOOTSTRAPPED_LATER})`,
        values: { ':btid': { S: btid }, ':at': { N: String(bootstrappedAt) } },
      }),
    ),
  );
}

/**
 * Undoes `putRegistrations`. Repeatable: the association `doneLast`, which the UE authenticated with, keeps
 * its registrations until all else is done, so that the UE can repeat a request that was cut off.
 */
export async function deleteRegistrations(
  store: KeyStore,
  { impi, doneLast }: { readonly impi: Impi; readonly doneLast?: Btid },
  serviceIds: readonly string[],
): Promise<void> {
  await Promise.all([
    changeRegistrations(store, { impi, except: doneLast }, 'DELETE', serviceIds),
    ...serviceIds.map((serviceId) =>
      store.dynamodb.send(
        new DeleteItemCommand({ TableName: store.tableName, Key: keyOf(registrationKey(serviceId, impi)) }),
      ),
    ),
  ]);
  if (doneLast !== undefined) await changeRegistered(store, [doneLast], 'DELETE', serviceIds);
}
