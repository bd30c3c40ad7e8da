import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { RotatingSecret } from '../../lib/key-management/rotating-secret.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { startTable, type TestTable } from '../store/table.ts';
import {
  BTID,
  createBmsc,
  credentials,
  freshNonce,
  OTHER_SERVICE,
  provision,
  type RequestOptions,
  SERVICE,
  send,
} from './bmsc.ts';

const HOME = '192.0.2.7';
const ELSEWHERE = '203.0.113.66';

let table: TestTable;
let context: KeyRequestContext;

beforeAll(async () => {
  table = await startTable();
  await provision(table);
  const bmsc = createBmsc(table).context;
  let now = bmsc.now();
  // With many nonces, the oldest is dropped: the clock must advance.
  context = { ...bmsc, now: () => ++now };
});
afterAll(() => table.close());

const REGISTER = {
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest([SERVICE]),
};
const register = (options: Partial<RequestOptions> = {}) => send(context, { ...REGISTER, ...options });
const address = async () => (await loadAssociation(table, BTID))?.ueAddress;

beforeEach(async () => {
  expect((await register({ sourceIp: HOME })).response.status).toBe(200);
  expect(await address()).toEqual({ address: HOME, port: 2269 });
});

describe('an authenticated request', () => {
  test.each([
    ['IPv4', '198.51.100.1', '198.51.100.1'],
    ['IPv6', '2001:DB8::0:7', '2001:db8::7'],
    ['IPv4, as an IPv6 socket names it', '::ffff:198.51.100.1', '198.51.100.1'],
  ])('records the present address of the UE: %s', async (_, sourceIp, expected) => {
    await register({ sourceIp });
    expect(await address()).toEqual({ address: expected, port: 2269 });
  });

  test('records a new address of the NAT, and later the old one again', async () => {
    await register({ sourceIp: '198.51.100.1' });
    expect(await address()).toEqual({ address: '198.51.100.1', port: 2269 });
    await register({ sourceIp: HOME });
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test('names the port, which holds until a request names none', async () => {
    await register({ query: 'requesttype=register&mikey-port=40001' });
    expect(await address()).toEqual({ address: HOME, port: 40001 });
    await register();
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });
});

/** A response that is correct for another request, or for none. */
const WRONG = `Digest username="${BTID}", realm="3GPP-bootstrapping@bmsc.home1.net", nonce="AAAA", uri="/keymanagement?requesttype=register", qop=auth-int, nc=00000001, cnonce="a", response="00000000000000000000000000000000"`;

describe('the keys of a UE stay where they go when', () => {
  const forged: [string, Partial<RequestOptions>][] = [
    ['a request has no credentials', { authorization: null }],
    ['a request has a wrong response', { authorization: WRONG }],
    ['a request is made with another password', { password: 'guessed' }],
    ['a request has another B-TID', { username: `${BTID}x` }],
    ['a request is for another path', { path: '/elsewhere' }],
    [
      'the port was added to the Request-URI on the way',
      { query: 'requesttype=register&mikey-port=4444', uri: '/keymanagement?requesttype=register' },
    ],
  ];
  test.each(forged)('%s', async (_, options) => {
    table.calls.length = 0;
    const { response } = await register({ sourceIp: ELSEWHERE, ...options });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(table.calls.filter((call) => call !== 'BatchGetItem')).toEqual([]);
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test('an attacker repeats an accepted request from elsewhere', async () => {
    const nonce = await freshNonce(context);
    expect((await register({ nonce, sourceIp: HOME })).response.status).toBe(200);
    expect((await register({ nonce, sourceIp: ELSEWHERE })).response.status).toBe(401);
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test('an attacker changes the body of a valid request', async () => {
    const authorization = await credentials(context, REGISTER, 'POST', '/keymanagement?requesttype=register');
    const body = encodeRegisterRequest([SERVICE, OTHER_SERVICE]);
    const { outcome } = await register({ sourceIp: ELSEWHERE, authorization, body });
    expect(outcome).toMatchObject({ result: 'challenged', reason: 'wrong-response' });
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test.each<[string, string, Partial<RequestOptions>]>([
    ['is granted nothing', 'refused', { body: encodeRegisterRequest([OTHER_SERVICE]) }],
    ['names a port that is none', 'rejected', { query: 'requesttype=register&mikey-port=99999' }],
  ])('an authenticated request %s', async (_, result, options) => {
    const { outcome } = await register({ sourceIp: ELSEWHERE, ...options });
    expect(outcome.result).toBe(result);
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test.each([
    ['X-Forwarded-For', { 'x-forwarded-for': ELSEWHERE }],
    ['Forwarded', { forwarded: `for=${ELSEWHERE}` }],
    ['X-Real-IP', { 'x-real-ip': ELSEWHERE }],
    ['CloudFront-Viewer-Address', { 'cloudfront-viewer-address': `${ELSEWHERE}:443` }],
    [
      'CloudFront-Viewer-Address and a guessed secret',
      { 'cloudfront-viewer-address': `${ELSEWHERE}:443`, 'x-bmsc-origin-secret': 'guessed' },
    ],
  ])('the authenticated UE itself claims another address by %s', async (_, headers) => {
    expect((await register({ sourceIp: HOME, headers })).response.status).toBe(200);
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });

  test('a request avoids the edge with the address of another viewer', async () => {
    const secret = new SecretKey(Buffer.from('the secret of the edge'));
    const held = { current: secret, previous: undefined };
    const source = { read: async () => held, onFailedRead: () => {} };
    const originSecret = new RotatingSecret(source, held, context.now());
    const headers = { 'cloudfront-viewer-address': `${ELSEWHERE}:443`, 'x-bmsc-origin-secret': 'guessed' };
    const nonce = await freshNonce(context);
    const { response } = await send({ ...context, originSecret }, { ...REGISTER, nonce, headers });
    expect(response.status).toBe(403);
    expect(await address()).toEqual({ address: HOME, port: 2269 });
  });
});
