import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import type { DeployedBmsc } from '../../../cli/stack.ts';
import { batches } from '../../../lib/batches.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { registrationKey } from '../../../lib/store/item-keys.ts';
import { completePush, putPush } from '../../../lib/store/ledger/push.ts';
import { countPage } from '../../../lib/store/ledger/push-chain.ts';
import { putOutcome } from '../../../lib/store/ledger/push-page.ts';
import { keyOf } from '../../../lib/store/table.ts';
import { DOMAIN, GROUP, NEWS } from '../../distribution/population.ts';

/** UEs of a page of a push, and items of one write. */
const PAGE_UES = 1000;
const ITEMS_PER_WRITE = 25;
/** Writes at the same time. */
const WRITES = 8;

const impiOf = (index: number) =>
  parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`);

/** A push to many UEs that a sender has ended: one in a hundred did not confirm. Nobody answers for them. */
export async function addLargePush({ store }: Pick<DeployedBmsc, 'store'>, ues: number): Promise<string> {
  const pushId = randomUUID();
  const startedAt = Date.now() - 3_600_000;
  await putPush(store, {
    pushId,
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(GROUP.keyGroup, 1),
    verification: undefined,
    pacing: {},
    source: { kind: 'services', services: [{ serviceId: NEWS, chains: 1 }] },
    correlationId: randomUUID(),
    startedAt,
    expected: ues,
  });
  for (let page = 0; page * PAGE_UES < ues; page++) {
    const count = Math.min(PAGE_UES, ues - page * PAGE_UES);
    const impis = Array.from({ length: count }, (_, index) => impiOf(page * PAGE_UES + index));
    const failing = Math.ceil(count / 100);
    const outcome = {
      verified: impis.slice(failing),
      sent: [],
      failed: { 'not-verified': impis.slice(0, failing) },
    };
    const of = { pushId, chain: 0, page };
    await putOutcome(store, of, outcome);
    const isLast = (page + 1) * PAGE_UES >= ues;
    await countPage(store, { ...of, end: isLast ? undefined : String(page) }, outcome, startedAt);
  }
  await completePush(store, pushId, startedAt + ues);
  return pushId;
}

/** Registrations of UEs to one User Service, written as they are: `from` up to `to`, not that one. */
export async function addRegistrationsOf(
  { store: { dynamodb, tableName } }: Pick<DeployedBmsc, 'store'>,
  from: number,
  to: number,
): Promise<void> {
  const write = async (first: number) => {
    const indices = Array.from(
      { length: Math.min(ITEMS_PER_WRITE, to - first) },
      (_, index) => first + index,
    );
    const items = indices.map((index) => {
      const impi = impiOf(index);
      const names = { impi: { S: impi }, serviceId: { S: NEWS }, btid: { S: `${index}@bsf.home1.net` } };
      return { PutRequest: { Item: { ...keyOf(registrationKey(NEWS, impi)), ...names } } };
    });
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: items } }));
  };
  const firsts = Array.from(
    { length: Math.ceil((to - from) / ITEMS_PER_WRITE) },
    (_, i) => from + i * ITEMS_PER_WRITE,
  );
  for (const some of batches(firsts, WRITES)) await Promise.all(some.map(write));
}
