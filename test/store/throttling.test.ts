import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTableClient } from '../../functions/aws-calls/table-client.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociations } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { loadKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { loadSubscribers, putSubscription } from '../../lib/store/registration/subscriber.ts';
import { type AwsFaultsProxy, NO_AWS_FAULTS, startAwsFaults } from '../faults/aws-faults.ts';
import { newKeys } from '../provisioned-ue.ts';
import { seededRandom } from '../seeded-random.ts';
import { startTable, type TestTable } from './table.ts';

let table: TestTable;
let proxy: AwsFaultsProxy;
/** The same table, but DynamoDB fails on the way. */
let store: KeyStore;
beforeAll(async () => {
  table = await startTable();
  proxy = await startAwsFaults(table.endpointUrl, seededRandom(1));
  const dynamodb = openTableClient({
    endpoint: proxy.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 8,
  });
  store = createKeyStore({ ...table, dynamodb });
});
afterEach(() => {
  proxy.setFaults(NO_AWS_FAULTS);
  proxy.forget();
});
afterAll(async () => {
  store.dynamodb.destroy();
  await proxy.close();
  await table.close();
});

const provisioned = async (count: number) => {
  const keys = Array.from({ length: count }, () => newKeys());
  await Promise.all(keys.map((each) => putAssociation(table, each)));
  return keys;
};

test('what a batch of reads leaves unprocessed is asked for again, until all is there', async () => {
  const keys = await provisioned(40);
  const btids = keys.map(({ btid }) => btid);
  proxy.setFaults({ ...NO_AWS_FAULTS, unprocessed: 0.3 });
  for (let round = 0; round < 8; round++) expect((await loadAssociations(store, btids)).size).toBe(40);
  expect(proxy.injected.get('unprocessed')).toBeGreaterThan(1);
});

test('a table that leaves keys unprocessed again and again is said to be throttled, and nothing half is given', async () => {
  const btids = Array.from({ length: 100 }, () => newKeys().btid);
  proxy.setFaults({ ...NO_AWS_FAULTS, unprocessed: 1 });
  await expect(loadAssociations(store, btids)).rejects.toMatchObject({
    name: 'StoreError',
    code: 'throttled',
  });
  expect(proxy.calls.get('BatchGetItem')).toBe(4);
});

test('throttled, failed and lost calls are tried again, and what they wrote is written once', async () => {
  const ref = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };
  const msks = [1, 2, 3].map((keyNumber) => ({
    keyNumber,
    msk: new SecretKey(randomBytes(16)),
    validity: FULL_VALIDITY,
  }));
  proxy.setFaults({ ...NO_AWS_FAULTS, throttled: 0.1, failed: 0.1, answerLost: 0.2 });
  for (const msk of msks) await putMsk(store, ref, msk);
  const keys = newKeys();
  await putSubscription(store, keys.impi, 'a');
  await putAssociation(store, keys);
  proxy.setFaults(NO_AWS_FAULTS);
  const group = await loadKeyGroup(table, ref);
  expect([...(group?.msks.keys() ?? [])]).toEqual([2, 3]);
  expect(group?.currentKeyNumber).toBe(3);
  const subscriber = (await loadSubscribers(table, [keys.impi])).get(keys.impi);
  expect([...(subscriber?.associations ?? [])]).toEqual([keys.btid]);
  expect([...((await loadAssociations(table, [keys.btid])).get(keys.btid)?.subscribed ?? [])]).toEqual(['a']);
  expect([...proxy.injected.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
});
