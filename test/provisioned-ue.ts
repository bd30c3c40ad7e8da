import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { batches } from '../lib/batches.ts';
import { btidOf } from '../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../lib/gba/impi.ts';
import { mukAndMrkOf } from '../lib/gba/mbms-keys.ts';
import { SecretKey } from '../lib/keys/secret-key.ts';
import {
  type BootstrappedKeys,
  itemOfNewAssociation,
  SEALS_OF_ASSOCIATION,
} from '../lib/store/association/association.ts';
import { registrationKey, subscriberKey } from '../lib/store/item-keys.ts';
import type { KeyStore } from '../lib/store/key-store.ts';
import { attributesOf } from '../lib/store/registration/delivery-copy.ts';
import { type Item, keyOf } from '../lib/store/table.ts';

export const NOW = Date.UTC(2026, 10, 23);

/** BatchWriteItem accepts at most 25 items in a call. */
const MAX_BATCH = 25;

/** A UE that has bootstrapped, and what it has registered to. */
export interface ProvisionedUe {
  readonly keys: BootstrappedKeys;
  readonly ueAddress: UeAddress | undefined;
  readonly registered: ReadonlySet<string>;
  readonly subscribed: ReadonlySet<string>;
  /** Whether its registrations hold what deliveries need; false: as earlier releases wrote them. */
  readonly isCopied?: boolean | undefined;
}

/** A subscriber that no other test knows. */
export function newImpi(): Impi {
  return parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
}

/** The result of a new bootstrapping of a subscriber, with random keys that are good for an hour. */
export function newKeys(impi: Impi = newImpi(), bootstrappedAt = NOW): BootstrappedKeys {
  return {
    btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
    impi,
    gbaType: 'GBA_ME',
    ...mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) }),
    bootstrappedAt,
    expiresAt: bootstrappedAt + 3_600_000,
  };
}

/** The items of a UE as the procedures leave them: its association, its subscriber, its registrations. */
export async function itemsOfUe(
  store: KeyStore,
  { keys, ueAddress, registered, subscribed, isCopied = true }: ProvisionedUe,
): Promise<Item[]> {
  const { btid, impi, bootstrappedAt } = keys;
  const seal = await store.dataKeys.sealer(SEALS_OF_ASSOCIATION);
  const association: Item = {
    ...itemOfNewAssociation(keys, { subscribed, registered }, ueAddress, seal),
    isCurrent: { BOOL: true },
    deliveryVersion: { N: '1' },
  };
  return [
    association,
    {
      ...keyOf(subscriberKey(impi)),
      impi: { S: impi },
      ...(subscribed.size === 0 ? {} : { subscribed: { SS: [...subscribed] } }),
      ...(registered.size === 0 ? {} : { registered: { SS: [...registered] } }),
      associations: { SS: [btid] },
      currentBtid: { S: btid },
      currentBootstrappedAt: { N: String(bootstrappedAt) },
      version: { N: '1' },
    },
    ...[...registered].map((serviceId) => ({
      ...keyOf(registrationKey(serviceId, impi)),
      impi: { S: impi },
      serviceId: { S: serviceId },
      ...(isCopied ? attributesOf(association, serviceId) : { btid: { S: btid } }),
    })),
  ];
}

/** Writes items past the procedures, and repeats those that DynamoDB leaves unprocessed. */
export async function writeItems({ dynamodb, tableName }: KeyStore, items: readonly Item[]): Promise<void> {
  for (const batch of batches(items, MAX_BATCH)) {
    let pending = batch.map((Item) => ({ PutRequest: { Item } }));
    while (pending.length > 0) {
      const { UnprocessedItems = {} } = await dynamodb.send(
        new BatchWriteItemCommand({ RequestItems: { [tableName]: pending } }),
      );
      const left = UnprocessedItems[tableName] ?? [];
      pending = left.flatMap(({ PutRequest }) =>
        PutRequest?.Item ? [{ PutRequest: { Item: PutRequest.Item } }] : [],
      );
    }
  }
}
