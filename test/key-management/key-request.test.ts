import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeMskResponse, encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import {
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeRegisterRequest,
} from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { deleteSubscription, putSubscription } from '../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../store/table.ts';
import {
  BTID,
  createBmsc,
  DOMAIN,
  freshNonce,
  IMPI,
  OTHER_SERVICE,
  provision,
  type RequestOptions,
  SERVICE,
  send,
} from './bmsc.ts';

let table: TestTable;
let bmsc: ReturnType<typeof createBmsc>;

const WRITES = ['UpdateItem', 'PutItem', 'DeleteItem', 'TransactWriteItems', 'BatchWriteItem'];
const writes = () => table.calls.filter((call) => WRITES.includes(call));

const registration = (...ids: string[]): RequestOptions => ({
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest(ids),
});
const request = (...keys: [group: number, number: number][]): RequestOptions => ({
  requestType: 'msk-request',
  contentType: 'application/mbms-msk+xml',
  body: encodeMskRequest(
    keys.map(([group, number]) => ({ keyDomainId: DOMAIN, mskId: mskId(group, number) })),
  ),
});

beforeAll(async () => {
  table = await startTable();
  await provision(table);
  const stopped = createBmsc(table);
  let now = stopped.context.now();
  // With many nonces, the oldest is dropped: the clock must advance.
  bmsc = { ...stopped, context: { ...stopped.context, now: () => ++now } };
  expect((await send(bmsc.context, registration(SERVICE))).response.status).toBe(200);
});
afterAll(() => table.close());
beforeEach(() => {
  bmsc.events.length = 0;
});

describe('an MSK request', () => {
  // @clause TS 26.346 annex C.12 s3
  test('that succeeds costs one read and one conditional write', async () => {
    const nonce = await freshNonce(bmsc.context);
    table.calls.length = 0;
    const { response, outcome } = await send(bmsc.context, { ...request([1, 0]), nonce });
    expect(response).toMatchObject({ status: 200, body: '' });
    expect(outcome).toMatchObject({ result: 'granted', granted: 1, refused: 0 });
    expect(table.calls).toEqual(['BatchGetItem', 'UpdateItem']);
  });

  test('costs one more read and one call of KMS in a process without a data key, if the UE is known', async () => {
    const cold = () => createBmsc({ ...table, dataKeys: createKeyStore(table).dataKeys }).context;
    const nonce = await freshNonce(bmsc.context);
    table.calls.length = 0;
    table.testKms.calls.length = 0;
    expect((await send(cold(), { ...request([1, 0]), nonce })).response.status).toBe(200);
    expect(table.calls).toEqual(['BatchGetItem', 'BatchGetItem', 'UpdateItem']);
    expect(table.testKms.calls).toEqual(['Decrypt']);
    const unknown = { ...request([9, 0]), nonce, username: 'nobody@bsf.home1.net' };
    expect((await send(cold(), unknown)).response.status).toBe(401);
    expect(table.calls.slice(3)).toEqual(['BatchGetItem']);
    expect(table.testKms.calls).toEqual(['Decrypt']);
  });

  test('for the current MSK publishes its real Key Number', async () => {
    await send(bmsc.context, request([1, 0]));
    expect(bmsc.events).toMatchObject([
      { detailType: 'MSK Request Granted', data: { bTid: BTID, msks: [{ mskId: '00010005' }] } },
    ]);
  });

  test('has a code for each key, and grants only what the UE may have', async () => {
    const { response } = await send(bmsc.context, request([1, 5], [2, 5], [1, 9], [3, 0]));
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/mbms-msk-response+xml');
    expect(decodeMskResponse(Buffer.from(response.body)).map(({ responseCode }) => responseCode)).toEqual([
      200, 403, 404, 404,
    ]);
    expect(bmsc.events).toMatchObject([{ data: { msks: [{ mskId: '00010005' }] } }]);
  });

  test('with every item refused uses up its nonce count and publishes nothing', async () => {
    const nonce = await freshNonce(bmsc.context);
    table.calls.length = 0;
    const { response } = await send(bmsc.context, { ...request([2, 5]), nonce });
    expect(decodeMskResponse(Buffer.from(response.body))).toMatchObject([{ responseCode: 403 }]);
    expect(table.calls).toEqual(['BatchGetItem', 'UpdateItem']);
    expect(bmsc.events).toEqual([]);
  });

  test('records the address and port of the UE', async () => {
    await send(bmsc.context, { ...request([1, 0]), query: 'requesttype=msk-request&mikey-port=4711' });
    expect((await loadAssociation(table, BTID))?.ueAddress).toEqual({ address: '192.0.2.7', port: 4711 });
  });
});

describe('registration', () => {
  test('has a code for each User Service', async () => {
    const { response } = await send(bmsc.context, registration(SERVICE, OTHER_SERVICE, 'urn:none'));
    expect(
      decodeRegisterResponse(Buffer.from(response.body)).map(({ responseCode }) => responseCode),
    ).toEqual([200, 403, 404]);
    expect(bmsc.events).toMatchObject([{ detailType: 'UE Registered', data: { serviceIds: [SERVICE] } }]);
  });

  test('is needed for an MSK, and deregistration ends it', async () => {
    const deregistration = {
      requestType: 'deregister',
      contentType: 'application/mbms-deregister+xml',
      body: encodeDeregisterRequest([SERVICE]),
    };
    expect((await send(bmsc.context, deregistration)).response).toMatchObject({ status: 200, body: '' });
    const { response } = await send(bmsc.context, request([1, 0]));
    expect(decodeMskResponse(Buffer.from(response.body))).toMatchObject([{ responseCode: 403 }]);
    expect((await send(bmsc.context, registration(SERVICE))).response.status).toBe(200);
    expect((await send(bmsc.context, request([1, 0]))).response).toMatchObject({ status: 200, body: '' });
  });
});

test.each(['/key%6Danagement', '/keymanagement', '/%6beymanagement', 'http://bmsc.home1.net/keymanagement'])(
  'the path %s is the key management path',
  async (path) => {
    expect((await send(bmsc.context, { ...request([1, 0]), path })).response.status).toBe(200);
  },
);

test.each([
  '/bmsc.home1.net/keymanagement',
  '//bmsc.home1.net/keymanagement',
  'bmsc.home1.net/keymanagement',
  'ftp://bmsc.home1.net/keymanagement',
  'http://bmsc.home1.net/bmsc.home1.net/keymanagement',
  '%2Fkeymanagement',
  '/keymanagement/',
  '/KeyManagement',
])('the path %s is another one', async (path) => {
  expect((await send(bmsc.context, { ...request([1, 0]), path })).response.status).toBe(404);
});

test('an MSK of a service whose subscription was withdrawn is refused to a UE that is still registered', async () => {
  await deleteSubscription(table, IMPI, SERVICE);
  expect([...((await loadAssociation(table, BTID))?.registered ?? [])]).toEqual([SERVICE]);
  const { response, outcome } = await send(bmsc.context, request([1, 0]));
  expect(decodeMskResponse(Buffer.from(response.body))).toMatchObject([{ responseCode: 403 }]);
  expect(outcome.result).toBe('refused');
  expect(bmsc.events).toEqual([]);
  await putSubscription(table, IMPI, SERVICE);
  expect((await send(bmsc.context, request([1, 0]))).outcome.result).toBe('granted');
});

test('an association is authentic to the end of the key lifetime; then its challenge is not stale', async () => {
  const { expiresAt } = (await loadAssociation(table, BTID)) ?? expect.fail('no association');
  const at = (now: number) => send({ ...bmsc.context, now: () => now }, request([1, 0]));
  expect((await at(expiresAt - 1)).outcome.result).toBe('granted');
  bmsc.events.length = 0;
  const { response, outcome } = await at(expiresAt);
  expect(outcome).toMatchObject({ result: 'challenged', reason: 'expired-association' });
  expect(response.headers['www-authenticate']).not.toContain('stale=true');
  expect(bmsc.events).toEqual([]);
});

describe('a request that is wrong', () => {
  const good = request([1, 0]);
  test.each<[string, number, Partial<RequestOptions>]>([
    ['encoding', 400, { body: '*' }],
    ['XML', 400, { body: Buffer.from('<a>').toString('base64') }],
    ['document', 400, { body: encodeRegisterRequest([SERVICE]) }],
    ['port', 400, { query: 'requesttype=msk-request&mikey-port=70000' }],
    ['privileged port', 400, { query: 'requesttype=msk-request&mikey-port=53' }],
    ['port just below 1024', 400, { query: 'requesttype=msk-request&mikey-port=1023' }],
  ])('in its %s, though authenticated, gets %i and uses up its nonce count', async (_what, status, wrong) => {
    const nonce = await freshNonce(bmsc.context);
    const { ueAddress } = (await loadAssociation(table, BTID)) ?? {};
    table.calls.length = 0;
    const sent = { ...good, nonce, ...wrong, sourceIp: '203.0.113.66' };
    expect((await send(bmsc.context, sent)).response.status).toBe(status);
    expect(table.calls).toEqual(['BatchGetItem', 'UpdateItem']);
    expect((await send(bmsc.context, sent)).outcome.reason).toBe('replayed');
    expect((await loadAssociation(table, BTID))?.ueAddress).toEqual(ueAddress);
    expect(bmsc.events).toEqual([]);
  });

  test.each<[string, number, Partial<RequestOptions>]>([
    ['path', 404, { path: '/other' }],
    ['method', 405, { method: 'GET' }],
    ['requesttype', 400, { query: 'requesttype=msk' }],
    ['second requesttype', 400, { query: 'requesttype=msk-request&requesttype=register' }],
    ['content type', 415, { contentType: 'application/xml' }],
    ['size', 413, { body: 'A'.repeat(70_000) }],
    ['uri', 400, { uri: '/keymanagement?requesttype=register' }],
    ['Authorization header', 400, { authorization: 'Digest username=' }],
    ['scheme', 401, { authorization: 'Basic YTpi' }],
    ['password', 401, { password: 'wrong' }],
    ['qop', 401, { qop: 'auth' }],
    ['algorithm', 401, { algorithm: 'SHA-256' }],
    [
      'nonce count that is no number',
      400,
      {
        authorization:
          'Digest username="a@b", realm="r", nonce="n", uri="/", response="00000000000000000000000000000000", qop=auth-int, nc=0000000g, cnonce="c"',
      },
    ],
  ])('in its %s gets %i and changes nothing', async (_what, status, wrong) => {
    const nonce = await freshNonce(bmsc.context);
    table.calls.length = 0;
    const { response } = await send(bmsc.context, { ...good, nonce, ...wrong });
    expect(response.status).toBe(status);
    expect(writes()).toEqual([]);
    expect(table.calls.length).toBeLessThanOrEqual(1);
    expect(bmsc.events).toEqual([]);
  });

  test('gets the same body whatever part of its credentials is wrong', async () => {
    const wrongs: Partial<RequestOptions>[] = [
      { password: 'wrong' },
      { qop: 'auth' },
      { authorization: null },
      { nonce: 'AAAA' },
    ];
    const bodies = await Promise.all(
      wrongs.map(async (wrong) => (await send(bmsc.context, { ...good, ...wrong })).response.body),
    );
    expect(new Set(bodies).size).toBe(1);
  });
});

describe('a nonce', () => {
  test('of another secret is stale only when the digest is correct for it', async () => {
    const right = await send(bmsc.context, { ...request([1, 0]), nonce: 'AAAA' });
    expect(right.response.headers['www-authenticate']).toContain('stale=true');
    const wrong = await send(bmsc.context, { ...request([1, 0]), nonce: 'AAAA', password: 'wrong' });
    expect(wrong.response.headers['www-authenticate']).not.toContain('stale=true');
  });

  test('has each count accepted once, of fifty at the same time', async () => {
    const nonce = await freshNonce(bmsc.context);
    const sent = await Promise.all(
      Array.from({ length: 50 }, () => send(bmsc.context, { ...request([1, 0]), nonce, nc: 1 })),
    );
    expect(sent.filter(({ response }) => response.status === 200)).toHaveLength(1);
    expect(bmsc.events).toHaveLength(1);
  });

  test('has counts 1 to 32 accepted in any order, all at the same time', async () => {
    const nonce = await freshNonce(bmsc.context);
    const shuffled = Array.from({ length: 32 }, (_, index) => ((index * 13) % 32) + 1);
    const sent = await Promise.all(
      shuffled.map((nc) => send(bmsc.context, { ...request([1, 0]), nonce, nc })),
    );
    expect(sent.every(({ response }) => response.status === 200)).toBe(true);
  });

  test('slides its window: far counts pass, used counts and counts below the window do not', async () => {
    const nonce = await freshNonce(bmsc.context);
    const status = async (nc: number) =>
      (await send(bmsc.context, { ...request([1, 0]), nonce, nc })).response.status;
    expect([
      await status(1),
      await status(130),
      await status(70),
      await status(1),
      await status(130),
      await status(2),
    ]).toEqual([200, 200, 200, 401, 401, 401]);
  });
});
