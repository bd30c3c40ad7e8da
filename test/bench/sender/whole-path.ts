import { createSecretKey, randomFillSync } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createRandomOctets } from '../../../lib/distribution/batch/random-octets.ts';
import { createMikeyCounters } from '../../../lib/distribution/counter.ts';
import type { DatagramTransport } from '../../../lib/distribution/datagram-transport.ts';
import { type Btid, parseBtid } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import {
  type BuildMskMessages,
  buildMskMessagesPlainly,
  type MskRecipient,
} from '../../../lib/mikey/batch/msk-messages.ts';
import { type Association, itemOfNewAssociation, loadAssociations } from '../../../lib/store/association.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { type DataKey, sealKey } from '../../../lib/store/sealed-octets.ts';
import type { Item } from '../../../lib/store/table.ts';
import type { CpuClock } from './cpu-clock.ts';
import { PUSH } from './inputs.ts';
import { type Receiver, wrongIn } from './receiver.ts';

/** What a contender is on the whole path. */
interface Means {
  readonly build: BuildMskMessages;
  readonly transport: DatagramTransport;
}

/** From B-TIDs to the wire, as the sender goes it, over a DynamoDB client that answers from memory. */
export interface WholePath {
  /** So many units of `batch` UEs, at most 100; `load` ends with the opened MUKs. */
  readonly run: (
    mode: 'load' | 'whole',
    batch: number,
    batches: number,
    means: Means,
    timed: { ns: number; messages: number; wrong: number },
  ) => Promise<void>;
}

const HOUR_MS = 3_600_000;

/** Items of all UEs, their keys sealed as the store does. */
export async function createWholePath(
  recipients: readonly MskRecipient[],
  receiver: Receiver,
  cpuNow: CpuClock,
): Promise<WholePath> {
  const dataKey: DataKey = {
    id: 1,
    key: createSecretKey(randomFillSync(Buffer.alloc(32))),
    madeFor: 'BmscData-KeyStoreTable1234567890',
  };
  const bootstrappedAt = Date.now() - HOUR_MS;
  const items = new Map<string, Item>();
  const btids: Btid[] = [];
  for (const [index, { muk, ueId }] of recipients.entries()) {
    const btid = parseBtid(Buffer.from(ueId).toString());
    const services = new Set(['urn:example:news']);
    const item = itemOfNewAssociation(
      {
        btid,
        impi: parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`),
        gbaType: 'GBA_ME',
        muk,
        mrk: muk,
        bootstrappedAt,
        expiresAt: bootstrappedAt + 24 * HOUR_MS,
      },
      { subscribed: services, registered: services },
      receiver.address,
      (secret, place) => ({ B: sealKey(dataKey, secret, place) }),
    );
    items.set(`${item.pk?.S} ${item.sk?.S}`, item);
    btids.push(btid);
  }
  const store = storeInMemory(items, dataKey);
  const random = createRandomOctets();
  const counters = createMikeyCounters();

  const recipientOf = (association: Association, now: number): MskRecipient => ({
    muk: association.muk,
    rand: random(16),
    csbId: uint32(random(4)),
    counter: counters.next(association.btid, association.bootstrappedAt, now),
    ueId: Buffer.from(association.btid),
  });
  return {
    run: async (mode, batch, batches, { build, transport }, timed) => {
      const sent: { page: readonly MskRecipient[]; received: readonly Uint8Array[] }[] = [];
      for (let done = 0; done < batches; done++) {
        const first = (done % Math.floor(btids.length / batch)) * batch;
        const unit = btids.slice(first, first + batch);
        const start = cpuNow();
        const associations = await loadAssociations(store, unit);
        const page: MskRecipient[] = [];
        const to = [];
        const now = Date.now();
        for (const btid of unit) {
          const association = associations.get(btid);
          if (association?.ueAddress === undefined) throw new Error('an association is missing');
          page.push(recipientOf(association, now));
          to.push(association.ueAddress);
        }
        const outcomes = mode === 'load' ? [] : await transport.sendBatch(build(PUSH, page), to);
        timed.ns += cpuNow() - start;
        timed.messages += batch;
        for (const outcome of outcomes) if (outcome !== undefined) timed.wrong++;
        if (mode === 'whole') sent.push({ page, received: receiver.take() });
      }
      // Afterwards, for making them anew leaves a lot to clear up.
      for (const { page, received } of sent)
        timed.wrong += wrongIn(received, buildMskMessagesPlainly(PUSH, page), 0, batch);
    },
  };
}

function uint32(octets: Uint8Array): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** A store whose BatchGetItem is a look-up: what stays is our own share of the path. */
function storeInMemory(items: ReadonlyMap<string, Item>, dataKey: DataKey): KeyStore {
  const opened = new Map([[dataKey.id, dataKey]]);
  const refuse = () => Promise.reject(new Error('only reading is measured'));
  const send = async (command: { input: { RequestItems?: Record<string, { Keys?: Item[] }> } }) => ({
    Responses: Object.fromEntries(
      Object.entries(command.input.RequestItems ?? {}).map(([table, { Keys = [] }]) => [
        table,
        Keys.map(({ pk, sk }) => items.get(`${pk?.S} ${sk?.S}`)),
      ]),
    ),
  });
  return {
    dynamodb: Object.assign(new DynamoDBClient({ region: 'local' }), { send }),
    tableName: 'KeyStore',
    dataKeys: {
      held: () => opened,
      heldWith: async () => opened,
      prepare: async () => {},
      sealer: refuse,
      rotate: refuse,
    },
  };
}
