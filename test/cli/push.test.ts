import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { progressLine } from '../../cli/commands/push-progress.ts';
import { findBmsc } from '../../cli/stack.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { progressOfPush } from '../../lib/inventory/pushes.ts';
import { type Push, putPush } from '../../lib/store/ledger/push.ts';
import type { LocalSystem } from '../../local/system.ts';
import { DOMAIN, GROUP, NEWS, populate, provisionServices } from '../distribution/population.ts';
import { type JoinedUe, startUes, type TestUes } from '../distribution/ues.ts';
import { startTestSystem } from '../local-system.ts';
import { bmsc as runToEnd } from './run.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '../../cli/bmsc.ts');
const UES = 120;
let system: LocalSystem;
let ues: TestUes;
let joined: JoinedUe[];

beforeAll(async () => {
  system = await startTestSystem();
  const { store } = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
  await provisionServices(store);
  ues = await startUes();
  joined = ues.join(
    await populate(store, UES, ues.address, {
      expiresAtOf: (index) => Date.now() + (index < 5 ? -1000 : 3_600_000),
    }),
  );
}, 60_000);
afterAll(async () => {
  await ues?.close();
  await system?.close();
});

async function bmsc(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [PROGRAM, ...args, '--endpoint-url', system.endpointUrl]);
  return stdout;
}

const ended = (...args: readonly string[]) => runToEnd(...args, '--endpoint-url', system.endpointUrl);

const json = async (...args: readonly string[]) =>
  (await bmsc(...args, '--json'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));

test('an operator pushes to a group, watches it, and sees who holds the MSK and who does not, and why', async () => {
  const { code, stdout: watched } = await ended('push', DOMAIN, '00100000', '--key-group', '--watch');
  expect(code).toBe(3);
  const [asked = '', ...lines] = watched.trim().split('\n');
  const pushId = asked.split(' ').at(-1) ?? '';
  expect(lines.at(-1)).toMatch(/\[#{30}\] 100 % {2}120 {2}115 delivered {2}failed: 5 expired-association/);

  expect(await json('show', 'push', pushId)).toMatchObject([
    { pushId, expected: UES, verified: 115, failed: { 'expired-association': 5 } },
  ]);
  expect(await json('list', 'pushes', '--msk', `${DOMAIN}/00100001`)).toMatchObject([{ pushId }]);
  expect(await bmsc('list', 'holders', DOMAIN, '00100001')).toBe('115 verified, 5 expired-association\n');
  const missing = await json('list', 'holders', DOMAIN, '00100001', '--list', 'missing');
  expect(
    missing
      .slice(0, -1)
      .map(({ impi }) => impi)
      .toSorted(),
  ).toEqual(joined.slice(0, 5).map(({ impi }) => impi));

  // They ask by themselves, or their association is renewed: here it is pushed to them again, to no avail.
  const again = await ended('push', DOMAIN, '00100001', '--undelivered-of', pushId, '--watch', '--json');
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    expected: 5,
    verified: 0,
    failed: { 'expired-association': 5 },
  });
}, 60_000);

test('an operator solicits a group to pull, and a request for what is not there is refused', async () => {
  const lines = await json('solicit', DOMAIN, '0010', '--service', NEWS, '--spread', '1', '--watch');
  expect(lines.at(-1)).toMatchObject({ kind: 'solicited-pull', sent: UES, failed: {} });
  await expect(bmsc('push', DOMAIN, '00100009', '--key-group')).rejects.toThrow('there is no such MSK');
  await expect(bmsc('push', DOMAIN, '00110001', '--key-group')).rejects.toThrow('there is no such Key Group');
  await expect(bmsc('push', DOMAIN, '00100001', '--service', 'urn:example:weather')).rejects.toThrow(
    'does not use this Key Group',
  );
  await expect(bmsc('push', DOMAIN, '00100001', '--undelivered-of', 'none')).rejects.toThrow(
    'there is no push none',
  );
  await expect(bmsc('push', DOMAIN, '00100001')).rejects.toThrow('say to whom');
  await expect(bmsc('push', DOMAIN, '00100001', '--key-group', '--service', NEWS)).rejects.toThrow(
    'cannot be used',
  );
}, 60_000);

test('an operator who tries again what a push has given up is warned that the push is not completed', async () => {
  const { store } = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
  const earlier = await putPush(store, { ...push, expected: 1, source: { kind: 'listed', ues: [impi] } });
  const args = ['push', DOMAIN, '00100001', '--undelivered-of', earlier.pushId, '--endpoint-url'];
  const { stderr } = await run(process.execPath, [PROGRAM, ...args, system.endpointUrl]);
  expect(stderr).toContain(`push ${earlier.pushId} is not completed`);
  expect(await json('list', 'holders', DOMAIN, '00100001', '--list', 'missing')).toContainEqual({
    impi,
    state: 'pending',
  });
}, 60_000);

const impi = parseImpi('nobody@home1.net');
const push: Push = {
  pushId: randomBytes(4).toString('hex'),
  kind: 'msk',
  ...GROUP,
  mskId: { keyGroup: GROUP.keyGroup, keyNumber: 1 },
  verification: undefined,
  pacing: {},
  source: { kind: 'listed', ues: [] },
  correlationId: 'c',
  startedAt: 0,
  expected: 1000,
};
const totals = { verified: 200, sent: 0, failed: { 'not-verified': 50 }, isComplete: false };

test('the progress of a push has its share, its rate, and the time that is left', () => {
  expect(progressOfPush(push, totals, 10_000)).toEqual({
    settled: 250,
    failed: 50,
    share: 0.25,
    perSecond: 25,
    left: 30,
  });
  expect(progressLine(push, totals, 10_000)).toBe(
    '[########......................]  25 %  250 of about 1000  200 delivered  failed: 50 not-verified  25/s  30 s left',
  );
});

test('a push that has come further than was expected is not called done before it is', () => {
  const far = { ...totals, verified: 5000 };
  expect(progressOfPush(push, far, 10_000)).toMatchObject({ share: 0.99, left: 0 });
  expect(progressOfPush({ ...push, completedAt: 20_000 }, far, 99_000)).toMatchObject({ share: 1, left: 0 });
  expect(progressOfPush({ ...push, expected: 0 }, { ...totals, verified: 0, failed: {} }, 5)).toMatchObject({
    share: undefined,
    left: undefined,
  });
});
