import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { RotatingSecret, type SecretVersions } from '../../lib/key-management/rotating-secret.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { BTID, createBmsc, NOW, provision, SERVICE, send } from './bmsc.ts';

let table: TestTable;
let context: KeyRequestContext;
let now = NOW;
let reads = 0;
/** What Secrets Manager holds. */
let stored: SecretVersions = { current: secretOf('the secret of the edge'), previous: undefined };

function secretOf(text: string): SecretKey {
  return new SecretKey(Buffer.from(text));
}

beforeAll(async () => {
  table = await startTable();
  await provision(table);
  const bmsc = createBmsc(table).context;
  const read = async () => {
    reads++;
    return stored;
  };
  const source = { read, onFailedRead: () => {} };
  context = { ...bmsc, now: () => ++now, originSecret: new RotatingSecret(source, stored, now) };
});
afterAll(() => table.close());

const register = (headers: Readonly<Record<string, string>>) =>
  send(context, {
    requestType: 'register',
    contentType: 'application/mbms-register+xml',
    body: encodeRegisterRequest([SERVICE]),
    headers,
  });

test.each([
  ['none', {}],
  ['a wrong', { 'x-bmsc-origin-secret': 'another', 'cloudfront-viewer-address': '203.0.113.7:1' }],
])('with an edge, a request with %s secret of it is refused without a read', async (_, headers) => {
  table.calls.length = 0;
  const { response, outcome } = await register(headers);
  expect(response.status).toBe(403);
  expect(response.headers['www-authenticate']).toBeUndefined();
  expect(outcome).toMatchObject({ result: 'rejected', reason: 'past-the-edge' });
  expect(table.calls).toEqual([]);
});

test('a request through the edge is served, and the edge determines the address of the UE', async () => {
  const headers = {
    'x-bmsc-origin-secret': 'the secret of the edge',
    'cloudfront-viewer-address': '203.0.113.7:49152',
  };
  expect((await register(headers)).response.status).toBe(200);
  expect((await loadAssociation(table, BTID))?.ueAddress).toEqual({ address: '203.0.113.7', port: 2269 });
});

describe('while the secret of the edge changes', () => {
  const through = (secret: string) =>
    register({ 'x-bmsc-origin-secret': secret, 'cloudfront-viewer-address': '203.0.113.7:49152' });
  const statusOf = async (secret: string) => (await through(secret)).response.status;

  test('requests with the old and with the new one are served, whichever the edge has', async () => {
    stored = { current: secretOf('a new secret of the edge'), previous: stored.current };
    expect(await statusOf('the secret of the edge')).toBe(200);
    now += 10_000;
    expect(await statusOf('a new secret of the edge')).toBe(200);
    expect(await statusOf('the secret of the edge')).toBe(200);
  });

  test('one before both is refused after five minutes, and forged ones cause no more readings', async () => {
    stored = { current: secretOf('a third secret of the edge'), previous: stored.current };
    now += 300_000;
    const before = reads;
    expect(await statusOf('the secret of the edge')).toBe(403);
    expect([await statusOf('forged'), await statusOf('forged')]).toEqual([403, 403]);
    expect(reads - before).toBe(1);
    expect(await statusOf('a third secret of the edge')).toBe(200);
  });
});
