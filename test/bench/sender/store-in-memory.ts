import { createSecretKey, randomFillSync } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { parseBtid } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import type { MskRecipient } from '../../../lib/mikey/message/msk-batch.ts';
import { itemOfNewAssociation } from '../../../lib/store/association/association.ts';
import type { SealedKeyOpener } from '../../../lib/store/encryption/sealed-batch.ts';
import { type DataKey, sealKey } from '../../../lib/store/encryption/sealed-octets.ts';
import { registrationShardKey } from '../../../lib/store/item-keys.ts';
import { itemOfKeyGroup } from '../../../lib/store/key-group/key-group-item.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { attributesOf } from '../../../lib/store/registration/delivery-copy.ts';
import type { Item } from '../../../lib/store/table.ts';
import { PUSH } from './inputs.ts';

/** The User Service of the push. */
export const SERVICE = 'urn:example:news';

/** A client's command, as far as it is looked at here. */
interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly RequestItems?: Record<string, { Keys?: Item[] }>;
    readonly ExclusiveStartKey?: Item;
    readonly Limit?: number;
  };
}

const HOUR_MS = 3_600_000;

/**
 * A store that answers from memory: what stays is our own share of the path. All UEs are registered in one
 * shard, as those of a large User Service are, with copies of their associations. The Key Group is there, and
 * keys are sealed as the store does. Writes succeed and change nothing.
 */
export function storeInMemory(
  recipients: readonly MskRecipient[],
  ueAddress: UeAddress,
  openSealedKeys: SealedKeyOpener,
): KeyStore {
  const dataKey: DataKey = {
    id: 1,
    key: createSecretKey(randomFillSync(Buffer.alloc(32))),
    madeFor: 'BmscData-KeyStoreTable1234567890',
  };
  const seal: Parameters<typeof itemOfNewAssociation>[3] = (secret, place) => ({
    B: sealKey(dataKey, secret, place),
  });
  const items = new Map<string, Item>();
  const add = (item: Item) => items.set(`${item.pk?.S} ${item.sk?.S}`, item);
  const bootstrappedAt = Date.now() - HOUR_MS;
  const services = new Set([SERVICE]);
  const registrations: Item[] = [];
  for (const [index, { muk, ueId }] of recipients.entries()) {
    const btid = parseBtid(String(ueId));
    const impi = parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`);
    const expiresAt = bootstrappedAt + 24 * HOUR_MS;
    const keys = { btid, impi, gbaType: 'GBA_ME', muk, mrk: muk, bootstrappedAt, expiresAt } as const;
    const sets = { subscribed: services, registered: services };
    const association = itemOfNewAssociation(keys, sets, ueAddress, seal);
    registrations.push({
      pk: { S: registrationShardKey(SERVICE, 0) },
      sk: { S: `IMPI#${impi}` },
      impi: { S: impi },
      serviceId: { S: SERVICE },
      ...attributesOf({ ...association, deliveryVersion: { N: String(bootstrappedAt) } }, SERVICE),
    });
  }
  const { keyDomainId, mskId, msk, validity } = PUSH;
  const { keyGroup, keyNumber } = mskId;
  add(
    itemOfKeyGroup(
      {
        keyDomainId,
        keyGroup,
        services,
        currentKeyNumber: keyNumber,
        msks: new Map([[keyNumber, { keyNumber, msk, validity }]]),
        prepared: undefined,
        lastKeyNumber: keyNumber,
        rotationRequests: [],
        replaced: new Map(),
        version: 1,
      },
      seal,
    ),
  );
  const places = new Map(registrations.map(({ sk }, index) => [sk?.S, index + 1]));
  const send = async (command: Command): Promise<unknown> => {
    const { input } = command;
    const { name } = command.constructor;
    if (name === 'BatchGetItemCommand') {
      const responses: Record<string, (Item | undefined)[]> = {};
      for (const [table, { Keys = [] }] of Object.entries(input.RequestItems ?? {}))
        responses[table] = Keys.map(({ pk, sk }) => items.get(`${pk?.S} ${sk?.S}`));
      return { Responses: responses };
    }
    if (name !== 'QueryCommand') return {};
    const first = places.get(input.ExclusiveStartKey?.sk?.S) ?? 0;
    const end = Math.min(first + (input.Limit ?? registrations.length), registrations.length);
    const more = end < registrations.length;
    return {
      Items: registrations.slice(first, end),
      ...(more && { LastEvaluatedKey: registrations[end - 1] }),
    };
  };
  const opened = new Map([[dataKey.id, dataKey]]);
  const refuse = () => Promise.reject(new Error('only reading is measured'));
  return {
    dynamodb: Object.assign(new DynamoDBClient({ region: 'local' }), { send }),
    tableName: 'KeyStore',
    openSealedKeys,
    dataKeys: {
      held: () => opened,
      heldWith: async () => opened,
      prepare: async () => {},
      sealer: refuse,
      rotate: refuse,
    },
  };
}
