import { randomBytes } from 'node:crypto';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseImpi } from '../../lib/gba/impi.ts';
import { loadKeyGroupOverviews } from '../../lib/inventory/key-groups.ts';
import { listPushOverviews } from '../../lib/inventory/pushes.ts';
import { loadServiceOverview } from '../../lib/inventory/services.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { listCatalogue, nameOfEntry } from '../../lib/store/catalogue.ts';
import { fillCatalogue } from '../../lib/store/fill-catalogue.ts';
import { catalogueKey } from '../../lib/store/item-keys.ts';
import { deleteKeyGroup, listKeyGroups, loadKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import { prepareMsk, revokeMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { completePush, type Push, putPush } from '../../lib/store/ledger/push.ts';
import { listSubscribers } from '../../lib/store/registration/list-subscribers.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import {
  addKeyGroupsToService,
  deleteUserService,
  listUserServices,
  loadUserServices,
  putUserService,
  takeKeyGroupFromService,
} from '../../lib/store/registration/user-service.ts';
import { keyOf } from '../../lib/store/table.ts';
import { startTable, type TestTable } from '../store/table.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const keyDomainId = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
const groupOf = (keyGroup: number) => ({ keyDomainId, keyGroup });
const newMsk = (keyNumber: number) => ({
  keyNumber,
  msk: new SecretKey(randomBytes(16)),
  validity: FULL_VALIDITY,
});

test('services and Key Groups are listed part by part, in the order of their IDs', async () => {
  for (const name of ['b', 'c', 'a'])
    await putUserService(table, { serviceId: `urn:${name}`, keyGroups: [groupOf(name.charCodeAt(0))] });
  const first = await listUserServices(table, { limit: 2 });
  expect(first.entries.map(({ serviceId }) => serviceId)).toEqual(['urn:a', 'urn:b']);
  const rest = await listUserServices(table, { limit: 2, after: first.next });
  expect(rest.entries.map(({ serviceId }) => serviceId)).toEqual(['urn:c']);
  const groups = await listKeyGroups(table, { limit: 100 });
  expect(groups.entries.map(({ keyGroup }) => keyGroup)).toEqual([0x61, 0x62, 0x63]);
});

test('a User Service that gets a Key Group keeps those that it has', async () => {
  await putUserService(table, { serviceId: 'urn:more', keyGroups: [groupOf(1)] });
  await addKeyGroupsToService(table, { serviceId: 'urn:more', keyGroups: [groupOf(2)] });
  expect(await loadServiceOverview(table, 'urn:more')).toEqual({
    serviceId: 'urn:more',
    keyGroups: [`${keyDomainId}/0001`, `${keyDomainId}/0002`],
    registered: 0,
  });
  for (const keyGroup of [1, 2])
    expect((await loadKeyGroup(table, groupOf(keyGroup)))?.services).toEqual(new Set(['urn:more']));
  await takeKeyGroupFromService(table, 'urn:more', groupOf(1));
  expect((await loadUserServices(table, ['urn:more'])).get('urn:more')?.keyGroups).toEqual([groupOf(2)]);
  expect((await loadKeyGroup(table, groupOf(1)))?.services).toEqual(new Set());
});

test('a User Service that is deleted is named by no Key Group, nor in the listing', async () => {
  await putUserService(table, { serviceId: 'urn:gone', keyGroups: [groupOf(3)] });
  await deleteUserService(table, 'urn:gone');
  await deleteUserService(table, 'urn:gone');
  expect((await loadKeyGroup(table, groupOf(3)))?.services).toEqual(new Set());
  const { entries } = await listUserServices(table, { limit: 100 });
  expect(entries.map(({ serviceId }) => serviceId)).not.toContain('urn:gone');
});

test('MSKs are shown with their states, the current one first', async () => {
  const ref = groupOf(4);
  await putMsk(table, ref, newMsk(1));
  await putMsk(table, ref, newMsk(2));
  const statesOf = async () =>
    (await loadKeyGroupOverviews(table, [ref]))[0]?.msks.map(({ mskId, state }) => `${mskId} ${state}`);
  expect(await statesOf()).toEqual(['00040002 current', '00040001 previous']);
  const request = { request: 'r', msk: newMsk(0).msk, validity: FULL_VALIDITY, now: 5, leadTimeMs: 10 };
  await prepareMsk(table, ref, request);
  expect(await statesOf()).toEqual(['00040002 current', '00040003 prepared']);
  expect((await loadKeyGroupOverviews(table, [ref]))[0]?.activateAt).toBe(15);
  await revokeMsk(table, ref, 2, newMsk(0));
  expect(await statesOf()).toEqual(['00040003 current', '00040002 revoked']);
});

test('a Key Group that is deleted is gone, and one of its ID begins above its last Key Number', async () => {
  const ref = groupOf(5);
  await putMsk(table, ref, newMsk(7));
  expect((await deleteKeyGroup(table, ref, 1000))?.currentKeyNumber).toBe(7);
  expect(await deleteKeyGroup(table, ref, 1000)).toBeUndefined();
  expect(await loadKeyGroup(table, ref)).toBeUndefined();
  expect((await listKeyGroups(table, { limit: 100 })).entries.map(({ keyGroup }) => keyGroup)).not.toContain(
    5,
  );
  const request = { request: 'r', msk: newMsk(0).msk, validity: FULL_VALIDITY, now: 0, leadTimeMs: 0 };
  expect(await prepareMsk(table, ref, request)).toEqual({ kind: 'unknown-key-group' });
  await expect(putMsk(table, ref, newMsk(7))).rejects.toMatchObject({ code: 'exists' });
  expect(await loadKeyGroup(table, ref)).toBeUndefined();
  await putMsk(table, ref, newMsk(8));
  expect([...((await loadKeyGroup(table, ref))?.msks.keys() ?? [])]).toEqual([8]);
  expect((await listKeyGroups(table, { limit: 100 })).entries.map(({ keyGroup }) => keyGroup)).toContain(5);
});

const pushOf = (pushId: string, startedAt: number): Push => ({
  pushId,
  kind: 'msk',
  keyDomainId,
  mskId: { keyGroup: 4, keyNumber: 1 },
  verification: undefined,
  pacing: {},
  source: { kind: 'listed', ues: [] },
  correlationId: 'c',
  startedAt,
  expected: 0,
});

test('pushes are listed, the latest first, and those under way until they are completed', async () => {
  for (const [index, pushId] of ['one', 'two', 'three'].entries())
    await putPush(table, pushOf(pushId, Date.now() + index));
  const idsOf = async (which: 'all' | 'under-way', after?: string) => {
    const { entries, next } = await listPushOverviews(table, which, { limit: 2, after });
    return { ids: entries.map(({ push }) => push.pushId), next };
  };
  const latest = await idsOf('all');
  expect(latest.ids).toEqual(['three', 'two']);
  expect((await idsOf('all', latest.next)).ids).toEqual(['one']);
  await completePush(table, 'three', Date.now());
  await completePush(table, 'one', Date.now());
  expect((await idsOf('under-way')).ids).toEqual(['two']);
});

test('subscribers are listed part by part, each once', async () => {
  const impis = Array.from({ length: 25 }, (_, index) => parseImpi(`listed-${index}@home1.net`));
  for (const impi of impis) await putSubscription(table, impi, 'urn:a');
  const found: string[] = [];
  let after: string | undefined;
  do {
    const { entries, next } = await listSubscribers(table, { limit: 10, after });
    expect(entries.length).toBeLessThanOrEqual(10);
    found.push(...entries.map(({ impi }) => impi));
    after = next;
  } while (after !== undefined);
  expect(found.toSorted()).toEqual([...impis].sort());
  await expect(listSubscribers(table, { limit: 1, after: 'nonsense' })).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('what an earlier release has written without the catalogue is found by a scan', async () => {
  const kinds = ['SERVICES', 'KEY-GROUPS', 'PUSHES', 'PUSHES-UNDER-WAY'] as const;
  const namesOf = async () =>
    Promise.all(
      kinds.map(async (kind) => (await listCatalogue(table, kind, { limit: 100 })).entries.map(nameOfEntry)),
    );
  const before = await namesOf();
  for (const [index, kind] of kinds.entries())
    for (const name of before[index] ?? [])
      await table.dynamodb.send(
        new DeleteItemCommand({ TableName: table.tableName, Key: keyOf(catalogueKey(kind, name)) }),
      );
  expect((await namesOf()).flat()).toEqual([]);
  const filled = await fillCatalogue(table);
  expect(filled).toEqual({ services: 4, keyGroups: before[1]?.length, pushes: 3 });
  expect(await namesOf()).toEqual(before);
});
