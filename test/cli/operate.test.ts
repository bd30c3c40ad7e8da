import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { bmsc as runToEnd } from './run.ts';

// What an operator reads back, deletes and cuts off.

let system: LocalSystem;
beforeAll(async () => {
  system = await startTestSystem();
  await bmsc('provision', 'service', NEWS, '--key-group', '001-01/0001');
  await bmsc('provision', 'service', NEWS, '--key-group', '001-01/0002');
  await bmsc('provision', 'msk', '001-01', '00010001');
  await bmsc('provision', 'subscription', IMPI, NEWS);
}, 120_000);
afterAll(() => system?.close());

const NEWS = 'urn:example:news';
const IMPI = 'alice@home1.net';

async function bmsc(...args: readonly string[]) {
  const { code, stdout, stderr } = await runToEnd(...args, '--endpoint-url', system.endpointUrl, '--json');
  const printed = stdout.split('\n').filter((line) => line !== '');
  return { code, printed: printed.map((line): Record<string, unknown> => JSON.parse(line)), stderr };
}

test('what was provisioned is listed and shown, and a service keeps its Key Groups', async () => {
  const keyGroups = ['00f110/0001', '00f110/0002'];
  expect((await bmsc('list', 'services')).printed).toEqual([{ serviceId: NEWS, keyGroups }]);
  expect((await bmsc('list', 'key-groups')).printed).toMatchObject([
    { keyGroup: '0001', msks: [{ mskId: '00010001', state: 'current' }], services: [NEWS] },
    { keyGroup: '0002', msks: [] },
  ]);
  expect((await bmsc('list', 'subscribers')).printed).toMatchObject([{ impi: IMPI, subscribed: [NEWS] }]);
  expect((await bmsc('show', 'subscriber', IMPI)).printed).toMatchObject([
    { impi: IMPI, obstacle: 'no-association', services: [{ serviceId: NEWS, isSubscribed: true }] },
  ]);
  expect((await bmsc('show', 'service', 'urn:none')).code).toBe(1);
}, 120_000);

test('the status says what is under way, and that nothing waits for the operator', async () => {
  const { code, printed } = await bmsc('status');
  expect({ code, printed }).toMatchObject({
    code: 0,
    printed: [{ work: { deadLetters: 0 }, pushesUnderWay: [], problems: [], blocked: 0 }],
  });
  const { stdout } = await runToEnd('status', '--endpoint-url', system.endpointUrl);
  expect(stdout).toMatch(/^dead letters +0 of the queue, 0 of the rules$/m);
  expect(stdout).toMatch(/^pushes +none under way$/m);
}, 60_000);

test('a subscriber is blocked and let in again, and deleting asks', async () => {
  expect((await bmsc('block', 'subscriber', IMPI)).code).toBe(2);
  expect(await bmsc('block', 'subscriber', IMPI, '--yes')).toMatchObject({ code: 0 });
  expect((await bmsc('list', 'subscribers', '--blocked')).printed).toEqual([{ impi: IMPI }]);
  expect((await bmsc('unblock', 'subscriber', IMPI)).printed).toEqual([{ impi: IMPI, unblocked: true }]);
  expect(await bmsc('cancel', 'push', 'none')).toMatchObject({ code: 1 });
  expect(await bmsc('delete', 'key-group', '001-01', '0002')).toMatchObject({ code: 2 });
  expect(await bmsc('delete', 'key-group', '001-01', '0002', '--yes')).toMatchObject({ code: 0 });
  expect((await bmsc('delete', 'service', NEWS, '--yes')).code).toBe(0);
  expect((await bmsc('list', 'services')).printed).toEqual([]);
}, 120_000);
