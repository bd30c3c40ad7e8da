import { beforeEach, describe, expect, test } from 'vitest';
import { encodeDeregisterRequest, encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { loadSubscribers, putSubscription } from '../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../store/table.ts';
import {
  BTID,
  createBmsc,
  freshNonce,
  IMPI,
  NOW,
  OTHER_SERVICE,
  provision,
  type RequestOptions,
  SERVICE,
  send,
} from './bmsc.ts';

const HOME = '192.0.2.7';
const ELSEWHERE = '203.0.113.66';
const LIFETIME_MS = 300_000;

let table: TestTable;
let bmsc: ReturnType<typeof createBmsc>;

beforeEach(async () => {
  table = await startTable();
  await provision(table);
  bmsc = createBmsc(table);
});
beforeEach(() => () => table.close());

const registration = (...ids: string[]): RequestOptions => ({
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest(ids),
});
const deregistration: RequestOptions = {
  requestType: 'deregister',
  contentType: 'application/mbms-deregister+xml',
  body: encodeDeregisterRequest([SERVICE]),
};

const association = async () => (await loadAssociation(table, BTID)) ?? expect.fail('no association');

/** The context of an instance whose clock shows `now`. */
const at = (now: number) => ({ ...bmsc.context, now: () => now });

describe('an authenticated request that is refused uses up its nonce count:', () => {
  test('its octets are not granted later, and do not move the UE', async () => {
    const { context } = bmsc;
    expect((await send(context, registration(SERVICE))).outcome.result).toBe('granted');
    const refused = { ...registration(OTHER_SERVICE), nonce: await freshNonce(context) };
    expect((await send(context, refused)).outcome).toMatchObject({ result: 'refused' });
    await putSubscription(table, IMPI, OTHER_SERVICE);

    const { outcome, response } = await send(context, { ...refused, sourceIp: ELSEWHERE });
    expect(outcome).toMatchObject({ result: 'challenged', reason: 'replayed' });
    expect(response.headers['www-authenticate']).toContain('stale=true');
    const { registered, ueAddress } = await association();
    expect([...registered]).toEqual([SERVICE]);
    expect(ueAddress).toEqual({ address: HOME, port: 2269 });
  });

  test('a deregistration that came too early does not deregister the UE later', async () => {
    const { context } = bmsc;
    const early = { ...deregistration, nonce: await freshNonce(context) };
    expect((await send(context, early)).outcome).toMatchObject({ result: 'refused' });
    expect((await send(context, registration(SERVICE))).outcome.result).toBe('granted');
    expect((await send(context, { ...early, sourceIp: ELSEWHERE })).outcome.reason).toBe('replayed');
    expect([...(await association()).registered]).toEqual([SERVICE]);
  });

  test.each<[string, string, Partial<RequestOptions>]>([
    ['a malformed payload', 'payload-bad-xml', { body: Buffer.from('<a>').toString('base64') }],
    ['an impossible port', 'bad-ue-port', { query: 'requesttype=register&mikey-port=70000' }],
  ])('one with %s, too', async (_, reason, wrong) => {
    const nonce = await freshNonce(bmsc.context);
    const request = { ...registration(SERVICE), nonce, ...wrong };
    expect((await send(bmsc.context, request)).outcome.reason).toBe(reason);
    expect((await send(bmsc.context, request)).outcome.reason).toBe('replayed');
  });

  test('it writes its nonce count and nothing else', async () => {
    const before = await association();
    table.calls.length = 0;
    const nonce = await freshNonce(bmsc.context);
    await send(bmsc.context, { ...registration(OTHER_SERVICE), nonce, sourceIp: ELSEWHERE });
    expect(table.calls).toEqual(['BatchGetItem', 'UpdateItem']);
    const { nonceCounts, ...after } = await association();
    expect(after).toMatchObject({ isCurrent: false, ueAddress: undefined, registered: before.registered });
    expect([...nonceCounts.windows.values()].map(({ seen }) => [...seen])).toEqual([[1]]);
    expect(bmsc.events).toEqual([]);
  });

  test('of fifty at the same time one is answered, the others are challenged', async () => {
    const nonce = await freshNonce(bmsc.context);
    const request = { ...registration(OTHER_SERVICE), nonce };
    const sent = await Promise.all(Array.from({ length: 50 }, () => send(bmsc.context, request)));
    expect(sent.filter(({ outcome }) => outcome.result === 'refused')).toHaveLength(1);
    const replayed = sent.filter(({ outcome }) => outcome.reason === 'replayed');
    expect(replayed).toHaveLength(49);
    expect(replayed.every(isStale)).toBe(true);
  });
});

/** The UE may ask again with the new nonce, without bootstrapping. */
function isStale({ response }: Awaited<ReturnType<typeof send>>): boolean {
  return response.headers['www-authenticate']?.includes('stale=true') === true;
}

test('of fifty grants at the same time one is given, and the others may ask again without bootstrapping', async () => {
  const request = { ...registration(SERVICE), nonce: await freshNonce(bmsc.context) };
  const sent = await Promise.all(Array.from({ length: 50 }, () => send(bmsc.context, request)));
  expect(sent.filter(({ outcome }) => outcome.result === 'granted')).toHaveLength(1);
  expect(sent.filter(isStale)).toHaveLength(49);
});

test('a replayed request does not make its association the current one', async () => {
  const refused = { ...registration(OTHER_SERVICE), nonce: await freshNonce(bmsc.context) };
  expect((await send(bmsc.context, refused)).outcome.result).toBe('refused');
  await putSubscription(table, IMPI, OTHER_SERVICE);
  expect((await send(bmsc.context, refused)).outcome.reason).toBe('replayed');
  expect((await loadSubscribers(table, [IMPI])).get(IMPI)?.currentBtid).toBeUndefined();
});

test('a request that is seen to be replayed costs no write', async () => {
  const request = { ...registration(SERVICE), nonce: await freshNonce(bmsc.context) };
  await send(bmsc.context, request);
  const before = table.calls.length;
  expect((await send(bmsc.context, request)).outcome.reason).toBe('replayed');
  expect(table.calls.slice(before)).toEqual(['BatchGetItem']);
});

describe('over instances whose clocks differ, a used request stays used', () => {
  test.each([
    ['by 21 ms', LIFETIME_MS + 11, LIFETIME_MS - 10],
    ['by the whole allowance', LIFETIME_MS + 5000, LIFETIME_MS],
    ['by a minute, more than is allowed for', LIFETIME_MS + 60_000, LIFETIME_MS],
  ])('%s', async (_, ahead, behind) => {
    const used = { ...registration(SERVICE), nonce: await freshNonce(at(NOW)) };
    expect((await send(at(NOW), used)).outcome.result).toBe('granted');
    const other = { ...registration(SERVICE), nonce: await freshNonce(at(NOW + ahead)) };
    expect((await send(at(NOW + ahead), other)).outcome.result).toBe('granted');
    const { outcome } = await send(at(NOW + behind), { ...used, sourceIp: ELSEWHERE });
    expect(outcome).toMatchObject({ result: 'challenged', reason: 'replayed' });
    expect((await association()).ueAddress).toEqual({ address: HOME, port: 2269 });
  });

  test.each([
    ['to the end of its life', LIFETIME_MS, LIFETIME_MS],
    ['to the end of its life on the instance that is behind', LIFETIME_MS + 5000, LIFETIME_MS],
  ])('and its nonce can be used with other counts %s', async (_, ahead, behind) => {
    const nonce = await freshNonce(at(NOW));
    expect((await send(at(NOW), { ...registration(SERVICE), nonce })).outcome.result).toBe('granted');
    await send(at(NOW + ahead), registration(SERVICE));
    const later = { ...registration(SERVICE), nonce, nc: 2 };
    expect((await send(at(NOW + behind), later)).outcome.result).toBe('granted');
    expect((await send(at(NOW + behind), { ...later, nc: 1 })).outcome.reason).toBe('replayed');
  });
});
