import { randomBytes, randomInt } from 'node:crypto';
import { type AttributeValue, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Btid, btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { MAX_ASSOCIATIONS } from '../../lib/store/association/bounded-associations.ts';
import { putAssociation, setCurrentAssociation } from '../../lib/store/association/put-association.ts';
import { associationKey, subscriberKey } from '../../lib/store/item-keys.ts';
import {
  deleteSubscription,
  loadSubscribers,
  putSubscription,
} from '../../lib/store/registration/subscriber.ts';
import { keyOf } from '../../lib/store/table.ts';
import { putRegistrations } from '../granted-request.ts';
import { beforeNext, startTable, type TestTable } from './table.ts';

const SERVICE = 'urn:example:news';
const HOUR_MS = 3_600_000;

let table: TestTable;
let impi = parseImpi('001010123456789@home1.net');
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());
beforeEach(() => {
  impi = parseImpi(`${randomInt(1e14)}@home1.net`);
});

const newBtid = () => btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });

async function bootstrap(ageMs: number, lifetimeMs = 24 * HOUR_MS, btid = newBtid()): Promise<Btid> {
  const bootstrappedAt = Date.now() - ageMs;
  const keys = { muk: new SecretKey(randomBytes(32)), mrk: new SecretKey(randomBytes(32)) };
  const expiresAt = bootstrappedAt + lifetimeMs;
  await putAssociation(table, { btid, impi, gbaType: 'GBA_ME', ...keys, bootstrappedAt, expiresAt });
  return btid;
}

/** Writes a subscriber's associations as an earlier release did, which kept every one; none for []. */
async function writeAssociations(btids: readonly Btid[]): Promise<void> {
  const isEmpty = btids.length === 0;
  await table.dynamodb.send(
    new UpdateItemCommand({
      TableName: table.tableName,
      Key: keyOf(subscriberKey(impi)),
      UpdateExpression: isEmpty ? 'REMOVE associations' : 'SET associations = :btids',
      ...(isEmpty ? {} : { ExpressionAttributeValues: { ':btids': { SS: [...btids] } } }),
    }),
  );
}

const associations = async () =>
  new Set((await loadSubscribers(table, [impi])).get(impi)?.associations ?? new Set());

async function writesOf(action: () => Promise<unknown>): Promise<number> {
  const before = table.calls.length;
  await action();
  return table.calls.slice(before).filter((call) => !call.startsWith('BatchGet')).length;
}

describe('a subscriber who bootstraps again and again', () => {
  it('keeps the last eight associations, and the earlier ones are gone', async () => {
    const btids: Btid[] = [];
    for (let age = 20; age > 0; age--) btids.push(await bootstrap(age * 1000));
    expect(await associations()).toEqual(new Set(btids.slice(-MAX_ASSOCIATIONS)));
    expect(await loadAssociation(table, btids[0] as Btid)).toBeUndefined();
    expect(await loadAssociation(table, btids[19] as Btid)).toBeDefined();
  });

  it('costs three writes each time, however often it was', async () => {
    for (let age = 20; age > 1; age--) await bootstrap(age * 1000);
    expect(await writesOf(() => bootstrap(1000))).toBe(3);
  });

  it('keeps the current association, which pushes use, even when it is the earliest', async () => {
    const current = await bootstrap(20_000);
    await setCurrentAssociation(table, { btid: current, impi, bootstrappedAt: Date.now() - 20_000 });
    for (let age = 12; age > 0; age--) await bootstrap(age * 1000);
    expect(await associations()).toContain(current);
    expect((await associations()).size).toBe(MAX_ASSOCIATIONS);
  });

  it('loses expired associations first, whose MUK a solicited pull may still use', async () => {
    const expired = await bootstrap(2 * HOUR_MS, HOUR_MS);
    const live: Btid[] = [];
    for (let age = 8; age > 0; age--) live.push(await bootstrap(age * HOUR_MS));
    expect(await associations()).toEqual(new Set(live));
    expect(await loadAssociation(table, expired)).toBeDefined();
  });

  it('keeps an expired association while there are no more than eight', async () => {
    const btids = [await bootstrap(2 * HOUR_MS, HOUR_MS)];
    for (let age = 7; age > 0; age--) {
      btids.push(await bootstrap(age * 1000));
      expect(await associations()).toEqual(new Set(btids));
    }
  });

  it('keeps the last eight when it uses each of them', async () => {
    const btids: Btid[] = [];
    for (let age = 12; age > 0; age--) {
      const btid = await bootstrap(age * 1000);
      await setCurrentAssociation(table, { btid, impi, bootstrappedAt: Date.now() - age * 1000 });
      btids.push(btid);
    }
    expect(await associations()).toEqual(new Set(btids.slice(-MAX_ASSOCIATIONS)));
  });

  it('loses none by an association that the BSF sends again', async () => {
    const btids: Btid[] = [];
    for (let age = 8; age > 0; age--) {
      btids.push(await bootstrap(age * 1000));
      await bootstrap(age * 1000, 24 * HOUR_MS, btids.at(-1));
      expect(await associations()).toEqual(new Set(btids));
    }
  });
});

describe('a subscriber of an earlier release, with 40 associations', () => {
  const setUp = async () => {
    const btids: Btid[] = [];
    for (let age = 40; age > 0; age--) {
      btids.push(await bootstrap(age * 1000));
      await writeAssociations([]);
    }
    await writeAssociations(btids);
    return btids;
  };

  it('has the change in the last eight, and no association that misses it', async () => {
    const btids = await setUp();
    await putSubscription(table, impi, SERVICE);
    expect(await associations()).toEqual(new Set(btids.slice(-MAX_ASSOCIATIONS)));
    await deleteSubscription(table, impi, SERVICE);
    for (const btid of btids) expect((await loadAssociation(table, btid))?.subscribed.size ?? 0).toBe(0);
  });

  it('is registered by eleven writes from the second time on', async () => {
    const btids = await setUp();
    const ue = { impi, btid: btids[39] as Btid, bootstrappedAt: Date.now() };
    await putRegistrations(table, ue, [SERVICE]);
    expect(await writesOf(() => putRegistrations(table, ue, [SERVICE]))).toBeLessThanOrEqual(11);
  });
});

describe('a subscriber of an earlier release, with nine associations', () => {
  let btids: Btid[] = [];
  const change = () => putSubscription(table, impi, SERVICE);
  const changeEarliest = (expression: string, values?: Record<string, AttributeValue>) =>
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(associationKey(btids[0] as Btid)),
        UpdateExpression: expression,
        ...(values && { ExpressionAttributeValues: values }),
      }),
    );
  const earliest = async () => {
    const key = { TableName: table.tableName, Key: keyOf(associationKey(btids[0] as Btid)) };
    return (await table.dynamodb.send(new GetItemCommand(key))).Item;
  };
  beforeEach(async () => {
    btids = [];
    for (let age = 9; age > 0; age--) {
      btids.push(await bootstrap(age * 1000));
      await writeAssociations([]);
    }
    await writeAssociations(btids);
  });

  it('keeps the earliest if it got another MUK since it was read', async () => {
    const muk = { B: randomBytes(61) };
    beforeNext(table, 'DeleteItemCommand', () => changeEarliest('SET muk = :muk', { ':muk': muk }));
    await change();
    expect(await earliest()).toMatchObject({ muk: { B: new Uint8Array(muk.B) } });
  });

  it('is changed also when the earliest has no MUK', async () => {
    await changeEarliest('REMOVE muk');
    await change();
    expect(await associations()).toEqual(new Set(btids.slice(1)));
  });

  it('lets a change fail when the earliest could not be deleted, and succeed when it is repeated', async () => {
    const failure = new Error('the table is out of reach');
    beforeNext(table, 'DeleteItemCommand', () => Promise.reject(failure));
    await expect(change()).rejects.toBe(failure);
    await change();
    expect(await earliest()).toBeUndefined();
  });
});

it('a change leaves out the associations that TTL has deleted, however many', async () => {
  const live = [await bootstrap(2000), await bootstrap(1000)];
  await writeAssociations([...Array.from({ length: 150 }, newBtid), ...live]);
  await putSubscription(table, impi, SERVICE);
  expect(await associations()).toEqual(new Set(live));
});
