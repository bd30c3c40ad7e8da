import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRecipients } from '../../lib/distribution/recipients/recipients.ts';
import type { Btid } from '../../lib/gba/btid.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { associationKey, registrationKey, subscriberKey } from '../../lib/store/item-keys.ts';
import { copyToRegistrations } from '../../lib/store/registration/delivery-copy.ts';
import { deleteRegistrations, type RegisteredUe } from '../../lib/store/registration/registration.ts';
import { loadRegistrationsBetween } from '../../lib/store/registration/registration-page.ts';
import { shardOf } from '../../lib/store/registration/shards.ts';
import {
  deleteSubscription,
  loadSubscribers,
  putSubscription,
} from '../../lib/store/registration/subscriber.ts';
import { getItem, keyOf } from '../../lib/store/table.ts';
import { type GrantedRequest, grant } from '../granted-request.ts';
import { itemsOfUe, newImpi, newKeys, writeItems } from '../provisioned-ue.ts';
import { startTable, type TestTable } from './table.ts';

const AT = (port: number) => ({ address: '192.0.2.1', port });
const NOW = Date.now();
let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** The UE's registration to a User Service, as a push reads it. */
async function registrationOf(impi: Impi, serviceId: string): Promise<RegisteredUe | undefined> {
  const range = { serviceId, first: shardOf(impi), last: shardOf(impi) };
  const ues = await loadRegistrationsBetween(table, range, undefined, undefined);
  return ues.find((ue) => ue.impi === impi);
}

const copyOf = async (impi: Impi, serviceId: string) => (await registrationOf(impi, serviceId))?.copy;

/** A UE that is subscribed, has bootstrapped, and has registered from port 1. */
async function newUe(serviceId: string): Promise<BootstrappedKeys> {
  const keys = newKeys(newImpi(), NOW);
  await putSubscription(table, keys.impi, serviceId);
  await putAssociation(table, keys);
  await grant(table, keys.btid, { ueAddress: AT(1), register: [serviceId] });
  return keys;
}

describe('a registration holds what a delivery needs of its UE', () => {
  test('once the UE has registered', async () => {
    const { impi, btid } = await newUe('a');
    const copy = await copyOf(impi, 'a');
    expect(copy).toMatchObject({ impi, btid, ueAddress: AT(1), bootstrappedAt: NOW, subscribed: ['a'] });
  });

  test('from where the UE was last, and under what it bootstrapped last', async () => {
    const { impi, btid } = await newUe('b');
    await grant(table, btid, { ueAddress: AT(2) });
    expect(await copyOf(impi, 'b')).toMatchObject({ btid, ueAddress: AT(2) });
    const later = newKeys(impi, NOW + 1000);
    await putAssociation(table, later);
    expect(await copyOf(impi, 'b')).toMatchObject({ btid });
    await grant(table, later.btid, { ueAddress: AT(3) });
    expect(await copyOf(impi, 'b')).toMatchObject({ btid: later.btid, ueAddress: AT(3) });
    await grant(table, btid, { ueAddress: AT(4) });
    expect(await copyOf(impi, 'b')).toMatchObject({ btid: later.btid, ueAddress: AT(3) });
  });

  test('of each User Service that it is registered and subscribed to, as these come and go', async () => {
    const { impi, btid } = await newUe('c');
    await putSubscription(table, impi, 'd');
    await grant(table, btid, { ueAddress: AT(1), register: ['d'] });
    expect((await copyOf(impi, 'c'))?.registered).toEqual(['c', 'd']);
    expect((await copyOf(impi, 'd'))?.registered).toEqual(['d', 'c']);
    await deleteSubscription(table, impi, 'd');
    expect((await copyOf(impi, 'c'))?.registered).toEqual(['c']);
    expect((await copyOf(impi, 'd'))?.registered).toEqual(['c']);
    await grant(table, btid, { ueAddress: AT(1), deregister: ['c'] });
    expect(await registrationOf(impi, 'c')).toBeUndefined();
    expect((await copyOf(impi, 'd'))?.registered).toEqual([]);
  });

  test('with the new keys of an association that is provisioned again', async () => {
    const { impi, btid } = await newUe('e');
    const before = await copyOf(impi, 'e');
    await putAssociation(table, { ...newKeys(impi, NOW + 5), btid });
    const after = await copyOf(impi, 'e');
    expect(after?.bootstrappedAt).toBe(NOW + 5);
    expect(after?.sealedMuk).not.toEqual(before?.sealedMuk);
  });

  test('and no more when its B-TID is given to another subscriber', async () => {
    const { impi, btid } = await newUe('f');
    await putAssociation(table, { ...newKeys(newImpi(), NOW), btid }, undefined, { replace: true });
    expect(await registrationOf(impi, 'f')).toMatchObject({ btid, copy: undefined });
  });
});

describe('a request that was cut off', () => {
  test('before its record leaves a registration that no push uses', async () => {
    const { impi, btid } = await newUe('g');
    await grant(table, btid, { ueAddress: AT(1), register: ['h'], cutOff: 'before-record' });
    expect(await registrationOf(impi, 'h')).toMatchObject({ btid, copy: undefined });
    expect(await recipientsOf(impi, ['h'])).toEqual({ h: [] });
  });

  test.for(['after-record', 'before-copies'] as const)(
    '%s is completed by the next one of its UE',
    async (cutOff) => {
      const { impi, btid } = await newUe(cutOff);
      await grant(table, btid, { ueAddress: AT(2), cutOff });
      expect(await copyOf(impi, cutOff)).toMatchObject({ ueAddress: AT(1) });
      await grant(table, btid, { ueAddress: AT(2) });
      expect(await copyOf(impi, cutOff)).toMatchObject({ ueAddress: AT(2) });
      expect(await getItem(table, associationKey(btid))).not.toHaveProperty('copyDue');
    },
  );
});

test('copies that come late leave a later change due', async () => {
  const { impi, btid } = await newUe('l');
  const first = await grant(table, btid, { ueAddress: AT(2), cutOff: 'before-copies' });
  await grant(table, btid, { ueAddress: AT(3), cutOff: 'before-copies' });
  if (first === undefined) throw new Error('there is nothing to copy');
  await copyToRegistrations(table, first);
  expect(await copyOf(impi, 'l')).toMatchObject({ ueAddress: AT(2) });
  await grant(table, btid, { ueAddress: AT(3) });
  expect(await copyOf(impi, 'l')).toMatchObject({ ueAddress: AT(3) });
  await copyToRegistrations(table, first);
  expect(await copyOf(impi, 'l')).toMatchObject({ ueAddress: AT(3) });
});

test('a copy outlives its association, and does not stand in the way of the next one with its B-TID', async () => {
  const { impi, btid } = await newUe('i');
  const gone = { TableName: table.tableName, Key: keyOf(associationKey(btid)) };
  await table.dynamodb.send(new DeleteItemCommand(gone));
  await putAssociation(table, { ...newKeys(impi, NOW + 9), btid });
  await grant(table, btid, { ueAddress: AT(9) });
  expect(await copyOf(impi, 'i')).toMatchObject({ bootstrappedAt: NOW + 9, ueAddress: AT(9) });
});

test('items of earlier releases are read as they are, and rewritten as their UE comes back', async () => {
  const keys = newKeys(newImpi(), NOW);
  const services = new Set(['j']);
  const ue = { keys, ueAddress: AT(1), registered: services, subscribed: services, isCopied: false };
  const items = await itemsOfUe(table, ue);
  await writeItems(
    table,
    items.map(({ deliveryVersion: _, ...item }) => item),
  );
  expect(await registrationOf(keys.impi, 'j')).toMatchObject({ btid: keys.btid, copy: undefined });
  expect((await recipientsOf(keys.impi, ['j'])).j).toEqual([{ btid: keys.btid, ...AT(1) }]);
  await grant(table, keys.btid, { ueAddress: AT(2) });
  expect(await copyOf(keys.impi, 'j')).toMatchObject({ btid: keys.btid, ueAddress: AT(2) });
});

/** Who gets a message in the chain of each User Service; `isCopied` false: as the associations say. */
async function recipientsOf(
  impi: Impi,
  services: readonly string[],
  { isCopied = true } = {},
): Promise<Record<string, object[]>> {
  const found: Record<string, object[]> = {};
  for (const service of services) {
    const registration = await registrationOf(impi, service);
    const ues =
      registration === undefined ? [] : [{ ...registration, copy: isCopied ? registration.copy : undefined }];
    const rule = { services, onlyOf: service, now: NOW };
    const { recipients } = await findRecipients(table, ues, rule);
    found[service] = recipients.map(({ btid, address }) => ({ btid, ...address }));
  }
  return found;
}

type Step = (
  ue: { readonly impi: Impi; readonly btids: readonly Btid[] },
  services: readonly string[],
) => Promise<void>;

const service = fc.integer({ min: 0, max: 1 });
const association = fc.integer({ min: 0, max: 1 });
const port = fc.integer({ min: 1, max: 3 });
const named = (services: readonly string[], index: number) => [services[index] ?? ''];

const request = (about: (services: readonly string[]) => Omit<GrantedRequest, 'ueAddress'>) =>
  fc.tuple(association, port).map(
    ([which, at]): Step =>
      async ({ btids }, services) =>
        void (await grant(table, btids[which] as Btid, { ueAddress: AT(at), ...about(services) })),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  request(() => ({})),
  service.chain((index) => request((services) => ({ register: named(services, index) }))),
  service.chain((index) => request((services) => ({ deregister: named(services, index) }))),
  request(() => ({ cutOff: 'after-record' })),
  service.map(
    (index): Step =>
      ({ impi }, services) =>
        putSubscription(table, impi, services[index] ?? ''),
  ),
  service.map(
    (index): Step =>
      ({ impi }, services) =>
        deleteSubscription(table, impi, services[index] ?? ''),
  ),
  service.map(
    (index): Step =>
      ({ impi }, services) =>
        deleteRegistrations(table, { impi }, named(services, index)),
  ),
  association.map(
    (which): Step =>
      ({ impi, btids }) =>
        putAssociation(table, { ...newKeys(impi, NOW + which), btid: btids[which] as Btid }),
  ),
);

let run = 0;

test('copies say what the associations say, whatever happens, also at the same moment', {
  timeout: 560_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      async (moments) => {
        const services = [`urn:${run}:one`, `urn:${run++}:two`];
        const impi = newImpi();
        const both = [newKeys(impi, NOW), newKeys(impi, NOW + 1)];
        const ue = { impi, btids: both.map(({ btid }) => btid) };
        for (const each of services) await putSubscription(table, impi, each);
        for (const each of both) await putAssociation(table, each);
        for (const moment of moments) await Promise.all(moment.map((each) => each(ue, services)));
        // Whatever was cut off is completed by the next request.
        const current = (await loadSubscribers(table, [impi])).get(impi)?.currentBtid;
        if (current !== undefined) await grant(table, current, { ueAddress: AT(3) });
        const asAssociations = await recipientsOf(impi, services, { isCopied: false });
        expect(await recipientsOf(impi, services)).toEqual(asAssociations);
      },
    ),
    { numRuns: 40 },
  );
});

test('what a registration holds can be opened under its own B-TID alone', async () => {
  const [one, other] = [await newUe('k'), await newUe('k')];
  const foreign = await getItem(table, registrationKey('k', other.impi));
  const own = await getItem(table, registrationKey('k', one.impi));
  if (own === undefined || foreign?.muk === undefined) throw new Error('there are no copies');
  await writeItems(table, [{ ...own, muk: foreign.muk }]);
  expect((await recipientsOf(one.impi, ['k'])).k).toEqual([]);
  expect(await getItem(table, subscriberKey(one.impi))).toBeDefined();
});
