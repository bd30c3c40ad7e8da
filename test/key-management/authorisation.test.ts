import { beforeEach, describe, expect, test } from 'vitest';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { encodeDeregisterRequest, encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { deleteSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { startTable, type TestTable } from '../store/table.ts';
import {
  createBmsc,
  DOMAIN,
  IMPI,
  NOW,
  OTHER_SERVICE,
  provision,
  type RequestOptions,
  SERVICE,
  send,
} from './bmsc.ts';

const HOUR_MS = 3_600_000;

let table: TestTable;
let bmsc: ReturnType<typeof createBmsc>;

const REGISTER: RequestOptions = {
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest([SERVICE]),
};
const DEREGISTER: RequestOptions = {
  requestType: 'deregister',
  contentType: 'application/mbms-deregister+xml',
  body: encodeDeregisterRequest([SERVICE]),
};
const MSK_REQUEST: RequestOptions = {
  requestType: 'msk-request',
  contentType: 'application/mbms-msk+xml',
  body: encodeMskRequest([{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }]),
};

beforeEach(async () => {
  table = await startTable();
  await provision(table);
  bmsc = createBmsc(table);
});
beforeEach(() => () => table.close());

describe('an MSK is refused', () => {
  test('when the subscription is withdrawn while the UE is registered', async () => {
    await send(bmsc.context, REGISTER);
    expect((await send(bmsc.context, MSK_REQUEST)).outcome.result).toBe('granted');
    await deleteSubscription(table, IMPI, SERVICE);
    bmsc.events.length = 0;
    const { outcome } = await send(bmsc.context, MSK_REQUEST);
    expect(outcome).toMatchObject({ result: 'refused', granted: 0, refused: 1 });
    expect(bmsc.events).toEqual([]);
  });

  test('when the UE is subscribed and not registered', async () => {
    expect((await send(bmsc.context, MSK_REQUEST)).outcome).toMatchObject({ result: 'refused', granted: 0 });
  });
});

test('an MSK that two User Services use is granted to a UE of one of them', async () => {
  await putUserService(table, {
    serviceId: OTHER_SERVICE,
    keyGroups: [{ keyDomainId: DOMAIN, keyGroup: 1 }],
  });
  await send(bmsc.context, REGISTER);
  expect((await send(bmsc.context, MSK_REQUEST)).outcome).toMatchObject({ result: 'granted', granted: 1 });
});

describe('under an expired association', () => {
  const expired = () => ({ ...bmsc.context, now: () => NOW + HOUR_MS + 1 });

  test.each([
    ['a registration', REGISTER],
    ['a deregistration', DEREGISTER],
    ['an MSK request', MSK_REQUEST],
  ])('%s is challenged anew, and not as stale: the UE has to bootstrap', async (_, request) => {
    await send(bmsc.context, REGISTER);
    bmsc.events.length = 0;
    const { outcome, response } = await send(expired(), request);
    expect(outcome).toMatchObject({ result: 'challenged', reason: 'expired-association' });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).not.toContain('stale=true');
    expect(bmsc.events).toEqual([]);
  });

  test('a request is still granted in the last millisecond before', async () => {
    const { outcome } = await send({ ...bmsc.context, now: () => NOW + HOUR_MS - 1 }, REGISTER);
    expect(outcome.result).toBe('granted');
  });
});
