import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { BTID, createBmsc, provision, SERVICE, send } from './bmsc.ts';

let table: TestTable;
let context: KeyRequestContext;

beforeAll(async () => {
  table = await startTable();
  await provision(table);
  const bmsc = createBmsc(table).context;
  const originSecret = new SecretKey(Buffer.from('the secret of the edge'));
  context = { ...bmsc, settings: { ...bmsc.settings, originSecret } };
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
