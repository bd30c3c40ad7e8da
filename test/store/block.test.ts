import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseImpi } from '../../lib/gba/impi.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { deleteAssociation } from '../../lib/store/association/delete-association.ts';
import { putAssociation, setCurrentAssociation } from '../../lib/store/association/put-association.ts';
import { registrationKey } from '../../lib/store/item-keys.ts';
import {
  blockSubscriber,
  deleteSubscriber,
  listBlocked,
  unblockSubscriber,
} from '../../lib/store/registration/block.ts';
import { reserveRegistrations } from '../../lib/store/registration/registration.ts';
import { loadSubscribers, putSubscription } from '../../lib/store/registration/subscriber.ts';
import { loadStops } from '../../lib/store/stops.ts';
import { getItem } from '../../lib/store/table.ts';
import { grant } from '../granted-request.ts';
import { newKeys } from '../provisioned-ue.ts';
import { beforeNext, startTable, type TestTable } from './table.ts';

const NEWS = 'urn:example:news';
let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

let impi = parseImpi('0@home1.net');
beforeEach(() => {
  impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
});

/** A subscriber with two associations, the later of them current, and a registration. */
async function registeredUe() {
  const keys = [newKeys(impi, Date.now() - 2000), newKeys(impi, Date.now() - 1000)] as const;
  await putSubscription(table, impi, NEWS);
  for (const each of keys) {
    await putAssociation(table, each);
    await setCurrentAssociation(table, each);
  }
  await grant(table, keys[1].btid, { ueAddress: { address: '192.0.2.7', port: 2269 }, register: [NEWS] });
  expect((await getItem(table, registrationKey(NEWS, impi)))?.muk).toBeDefined();
  return keys;
}

const subscriberOf = async () => (await loadSubscribers(table, [impi])).get(impi);
const kindsOfStops = async () =>
  (await loadStops(table, 0)).filter((stop) => 'impi' in stop && stop.impi === impi).map(({ kind }) => kind);

test('a blocked subscriber has no association and no registration left, and keeps its subscriptions', async () => {
  const keys = await registeredUe();
  expect(await blockSubscriber(table, impi, 1000)).toEqual({ associations: 2, registrations: [NEWS] });
  for (const { btid } of keys) expect(await loadAssociation(table, btid)).toBeUndefined();
  expect(await getItem(table, registrationKey(NEWS, impi))).toBeUndefined();
  expect(await subscriberOf()).toEqual({
    impi,
    subscribed: new Set([NEWS]),
    registered: new Set(),
    associations: new Set(),
    currentBtid: undefined,
    blockedAt: 1000,
  });
  expect((await listBlocked(table, { limit: 100 })).entries).toContain(impi);
  expect(await kindsOfStops()).toEqual(['subscriber-blocked']);
});

test('a blocked subscriber gets no association until it is unblocked, also one of whom nothing was known', async () => {
  await blockSubscriber(table, impi, 1000);
  await blockSubscriber(table, impi, 2000);
  expect((await subscriberOf())?.blockedAt).toBe(1000);
  const keys = newKeys(impi);
  await expect(putAssociation(table, keys)).rejects.toMatchObject({ code: 'blocked' });
  expect(await loadAssociation(table, keys.btid)).toBeUndefined();
  expect(await unblockSubscriber(table, impi, Date.now())).toBe(true);
  expect(await unblockSubscriber(table, impi, Date.now())).toBe(false);
  await putAssociation(table, keys);
  expect(await loadAssociation(table, keys.btid)).toBeDefined();
  expect((await listBlocked(table, { limit: 100 })).entries).not.toContain(impi);
});

test('a registration that is being made when its subscriber is blocked ends, too', async () => {
  const keys = newKeys(impi);
  await putSubscription(table, impi, NEWS);
  await putAssociation(table, keys);
  await reserveRegistrations(table, keys, [NEWS]);
  await blockSubscriber(table, impi, 1000);
  expect(await getItem(table, registrationKey(NEWS, impi))).toBeUndefined();
});

test('an association that is being stored while its subscriber is blocked is gone, too', async () => {
  const keys = newKeys(impi);
  beforeNext(table, 'UpdateItemCommand', () => blockSubscriber(table, impi, 1000));
  await expect(putAssociation(table, keys)).rejects.toMatchObject({ code: 'blocked' });
  expect(await loadAssociation(table, keys.btid)).toBeUndefined();
});

test('an association whose storing was cut off while its subscriber was blocked never becomes current', async () => {
  const keys = newKeys(impi);
  await blockSubscriber(table, impi, 1000);
  expect(await setCurrentAssociation(table, keys)).toBe(false);
  expect((await subscriberOf())?.currentBtid).toBeUndefined();
  await unblockSubscriber(table, impi, Date.now());
  expect(await setCurrentAssociation(table, keys)).toBe(true);
  // An earlier one stays behind, which is no block.
  expect(await setCurrentAssociation(table, { ...keys, bootstrappedAt: 1 })).toBe(true);
});

test('a subscriber that is deleted leaves nothing, and one that is blocked stays blocked', async () => {
  const keys = await registeredUe();
  const ended = { associations: 2, registrations: [NEWS], subscriptions: [NEWS] };
  expect(await deleteSubscriber(table, impi)).toEqual(ended);
  for (const { btid } of keys) expect(await loadAssociation(table, btid)).toBeUndefined();
  expect(await subscriberOf()).toBeUndefined();
  expect(await deleteSubscriber(table, impi)).toBeUndefined();

  await putSubscription(table, impi, NEWS);
  await blockSubscriber(table, impi, 1000);
  await deleteSubscriber(table, impi);
  expect(await subscriberOf()).toMatchObject({ blockedAt: 1000, subscribed: new Set() });
  await expect(putAssociation(table, newKeys(impi))).rejects.toMatchObject({ code: 'blocked' });
});

test('an association that is deleted leaves the others, and its subscriber without a current one', async () => {
  const [earlier, later] = await registeredUe();
  expect(await deleteAssociation(table, later.btid)).toMatchObject({ impi, btid: later.btid });
  expect(await deleteAssociation(table, later.btid)).toBeUndefined();
  expect(await subscriberOf()).toMatchObject({
    associations: new Set([earlier.btid]),
    currentBtid: undefined,
    registered: new Set([NEWS]),
  });
  const registration = await getItem(table, registrationKey(NEWS, impi));
  expect([registration?.impi?.S, registration?.muk]).toEqual([impi, undefined]);
});
