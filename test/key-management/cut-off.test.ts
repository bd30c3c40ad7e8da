import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { encodeDeregisterRequest, encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { registrationKey } from '../../lib/store/item-keys.ts';
import { loadSubscribers } from '../../lib/store/registration/subscriber.ts';
import { getItem } from '../../lib/store/table.ts';
import { newKeys } from '../provisioned-ue.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { BTID, createBmsc, IMPI, provision, SERVICE, send } from './bmsc.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provision(table);
});
afterAll(() => table.close());

test('pushes find a UE whose first request was cut off after its nonce count, once it sends the next', async () => {
  const { context, events } = createBmsc(table);
  const register = () =>
    send(context, {
      requestType: 'register',
      contentType: 'application/mbms-register+xml',
      body: encodeRegisterRequest([SERVICE]),
    });
  table.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      const { ExpressionAttributeValues: values } = args.input as UpdateItemCommandInput;
      if (values !== undefined && ':nc' in values) throw new Error('cut off');
      return output;
    },
    { step: 'initialize', name: 'cutOff' },
  );
  await expect(register()).rejects.toThrow('cut off');
  table.dynamodb.middlewareStack.remove('cutOff');
  expect((await register()).response.status).toBe(200);
  expect(events.map(({ detailType }) => detailType)).toEqual(['UE Registered']);
  const subscriber = (await loadSubscribers(table, [IMPI])).get(IMPI);
  expect(subscriber?.currentBtid).toBe(BTID);
  expect([...(subscriber?.registered ?? [])]).toEqual([SERVICE]);
});

test('the next deregistration completes one that was cut off after its nonce count, for later bootstrappings too', async () => {
  const { context, events } = createBmsc(table);
  const request = (requestType: 'register' | 'deregister') =>
    send(context, {
      requestType,
      contentType: `application/mbms-${requestType}+xml`,
      body:
        requestType === 'register' ? encodeRegisterRequest([SERVICE]) : encodeDeregisterRequest([SERVICE]),
    });
  await request('register');
  table.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      const { ExpressionAttributeValues: values } = args.input as UpdateItemCommandInput;
      if (values !== undefined && ':nc' in values) throw new Error('cut off');
      return output;
    },
    { step: 'initialize', name: 'cutOff' },
  );
  await expect(request('deregister')).rejects.toThrow('cut off');
  table.dynamodb.middlewareStack.remove('cutOff');
  const { response } = await request('deregister');
  const later = newKeys(IMPI);
  await putAssociation(table, later);
  expect([...((await loadAssociation(table, later.btid))?.registered ?? [])]).toEqual([]);
  expect([response.status, response.body]).toEqual([200, '']);
  expect(events.at(-1)?.detailType).toBe('UE Deregistered');
});

test('a UE completes a deregistration that was cut off under an association that it bootstrapped since', async () => {
  const { context } = createBmsc(table);
  const register = { requestType: 'register', contentType: 'application/mbms-register+xml' } as const;
  await send(context, { ...register, body: encodeRegisterRequest([SERVICE]) });
  table.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'DeleteItemCommand') throw new Error('cut off');
        return next(args);
      },
    { step: 'initialize', name: 'cutOff' },
  );
  const deregister = { requestType: 'deregister', contentType: 'application/mbms-deregister+xml' } as const;
  const leave = { ...deregister, body: encodeDeregisterRequest([SERVICE]) };
  await expect(send(context, leave)).rejects.toThrow('cut off');
  table.dynamodb.middlewareStack.remove('cutOff');
  const later = newKeys(IMPI);
  await putAssociation(table, later);
  const credentials = { username: later.btid, password: digestPasswordOf(later.mrk) };
  expect((await send(context, { ...leave, ...credentials })).outcome.result).toBe('granted');
  expect(await getItem(table, registrationKey(SERVICE, IMPI))).toBeUndefined();
});
