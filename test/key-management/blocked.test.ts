import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { blockSubscriber, unblockSubscriber } from '../../lib/store/registration/block.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { beforeNext, startTable, type TestTable } from '../store/table.ts';
import { createBmsc, NOW, provision, SERVICE, send } from './bmsc.ts';

// A blocked subscriber gets nothing: not with the keys that it has, nor with new ones of the network.

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provision(table);
});
afterAll(() => table.close());

/** A UE with keys of its own, which the network knows, and what it is answered. */
function newUe() {
  const impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const keys = { type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) } as const;
  const mbmsKeys = mukAndMrkOf(keys);
  const { context, events } = createBmsc(table);
  const found = { impi, keys, bootstrappedAt: NOW - 1000, expiresAt: NOW + 3_600_000 };
  const source = { lookUp: async () => ({ kind: 'found', found }) as const, close: async () => undefined };
  let nc = 0;
  const register = (withNetwork: boolean) => {
    nc += 1;
    return send(withNetwork ? { ...context, keySources: { gba: source } } : context, {
      requestType: 'register',
      contentType: 'application/mbms-register+xml',
      body: encodeRegisterRequest([SERVICE]),
      username: btid,
      password: digestPasswordOf(mbmsKeys.mrk),
      nc,
    });
  };
  const association = { btid, gbaType: 'GBA_ME', ...mbmsKeys, ...found } as const;
  return { impi, btid, association, events, register };
}

test('a UE that is known is challenged once it is blocked: its keys are gone', async () => {
  const { impi, association, events, register } = newUe();
  await putSubscription(table, impi, SERVICE);
  await putAssociation(table, association);
  expect((await register(false)).response.status).toBe(200);
  await blockSubscriber(table, impi, NOW);
  expect((await register(false)).outcome).toMatchObject({ result: 'challenged', reason: 'unknown-b-tid' });
  expect(events).toHaveLength(1);
});

test('a blocked UE does not come back with keys of the network, before it is unblocked', async () => {
  const { impi, btid, events, register } = newUe();
  await putSubscription(table, impi, SERVICE);
  await blockSubscriber(table, impi, NOW);
  const { response, outcome } = await register(true);
  expect([response.status, outcome.reason]).toEqual([403, 'blocked']);
  expect(await loadAssociation(table, btid)).toBeUndefined();
  expect(events).toEqual([]);
  await unblockSubscriber(table, impi, NOW);
  expect((await register(true)).response.status).toBe(200);
});

test('a UE that is blocked during its first request is refused, and its association is gone', async () => {
  const { impi, btid, association, events, register } = newUe();
  await putSubscription(table, impi, SERVICE);
  await putAssociation(table, association);
  // Between the read of the request and its first write. The block misses what no subscriber names.
  beforeNext(table, 'UpdateItemCommand', () => blockSubscriber(table, impi, NOW));
  const { response, outcome } = await register(false);
  expect([response.status, outcome.reason]).toEqual([403, 'blocked']);
  expect(await loadAssociation(table, btid)).toBeUndefined();
  expect(events).toEqual([]);
});
