import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import type { DeliveryAssociation } from '../association/delivery-association.ts';
import { putIf } from '../conditional-write.ts';
import { registrationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { keyOf } from '../table.ts';
import { copyToRegistrations } from './delivery-copy.ts';
import { changeRegistrations } from './subscriber.ts';
import { changeRegistered } from './subscriber-copies.ts';

/** A UE by its subscriber and the association that it authenticated with. */
export interface RegisteredUe {
  readonly impi: Impi;
  readonly btid: Btid;
  /** What the registration's item says of the association; undefined: the association has to be read. */
  readonly copy?: DeliveryAssociation | undefined;
}

/** The same, and when the association was bootstrapped, in ms since the epoch: a later one takes over. */
export interface RegisteringUe extends RegisteredUe {
  readonly bootstrappedAt: number;
}

/**
 * Makes the items of registrations that do not exist yet, before `recordAuthenticatedRequest` adds them to
 * the association: until they are copied to, and if the request is cut off, pushes read the association,
 * which decides. Repeatable.
 */
export async function reserveRegistrations(
  store: KeyStore,
  { impi, btid, bootstrappedAt }: RegisteringUe,
  serviceIds: readonly string[],
): Promise<void> {
  const writes = serviceIds.map((serviceId) =>
    putIf(
      store,
      {
        ...keyOf(registrationKey(serviceId, impi)),
        impi: { S: impi },
        btid: { S: btid },
        bootstrappedAt: { N: String(bootstrappedAt) },
        serviceId: { S: serviceId },
      },
      'attribute_not_exists(pk)',
    ),
  );
  await Promise.all(writes);
}

/**
 * Adds reserved registrations to the subscriber, for later bootstrappings, and to the UE's other
 * associations. `recordAuthenticatedRequest` has written the association before. Repeatable.
 */
export async function addRegistrations(
  store: KeyStore,
  { impi, btid, bootstrappedAt }: RegisteringUe,
  serviceIds: readonly string[],
): Promise<void> {
  await changeRegistrations(store, { impi, own: { btid, bootstrappedAt } }, 'ADD', serviceIds);
}

/**
 * Ends registrations. Repeatable: the association `doneLast`, which the UE authenticated with, keeps them
 * until all else is done, so that the UE can repeat a request that was cut off. The subscriber keeps them
 * until their items are gone: the UE may repeat it under an association that it bootstraps meanwhile.
 */
export async function deleteRegistrations(
  store: KeyStore,
  {
    impi,
    doneLast,
  }: { readonly impi: Impi; readonly doneLast?: Pick<RegisteringUe, 'btid' | 'bootstrappedAt'> },
  serviceIds: readonly string[],
): Promise<void> {
  const deleteItems = () =>
    serviceIds.map((serviceId) =>
      store.dynamodb.send(
        new DeleteItemCommand({ TableName: store.tableName, Key: keyOf(registrationKey(serviceId, impi)) }),
      ),
    );
  await Promise.all(deleteItems());
  // Again: a registration at the same time may have made them anew.
  await Promise.all([
    changeRegistrations(store, { impi, own: doneLast }, 'DELETE', serviceIds),
    ...deleteItems(),
  ]);
  if (doneLast === undefined) return;
  const { changed } = await changeRegistered(store, [doneLast.btid], 'DELETE', serviceIds, {
    isCopyDue: true,
  });
  for (const association of changed) await copyToRegistrations(store, association);
}
