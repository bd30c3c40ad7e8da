import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeployedBmsc, findBmsc } from '../../cli/stack.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { loadRequestOutcome } from '../../lib/store/ledger/request-outcome.ts';
import type { LocalSystem } from '../../local/system.ts';
import { DOMAIN, provisionServices } from '../distribution/population.ts';
import { startTestSystem } from '../local-system.ts';
import { bmsc as runToEnd, start } from './run.ts';

// What the commands that send a request check before, what they wait for, and what their exit codes tell.

let system: LocalSystem;
let deployed: DeployedBmsc;
const requests: string[] = [];

beforeAll(async () => {
  system = await startTestSystem();
  deployed = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
  await provisionServices(deployed.store);
  system.onEvent((event) => requests.push(event['detail-type']));
}, 60_000);
afterAll(() => system?.close());

/** Runs a command with `--json`: its exit code, what it printed, and its error. */
async function bmsc(...args: readonly string[]) {
  const { code, stdout, stderr } = await runToEnd(...args, '--endpoint-url', system.endpointUrl, '--json');
  const lines = stdout.split('\n').filter((line) => line !== '');
  const printed = lines.map((line): Record<string, unknown> => JSON.parse(line));
  const error: unknown = stderr === '' ? undefined : JSON.parse(stderr).error;
  return { code, printed, error };
}

test.each([
  ['push to a UE an unknown MSK', ['push', DOMAIN, '00100009', '--ue', 'a@b'], 1, 'unknown-msk'],
  [
    'push to a UE of an unknown Key Group',
    ['push', DOMAIN, '00110001', '--ue', 'a@b'],
    1,
    'unknown-key-group',
  ],
  [
    'solicit a UE of an unknown Key Group',
    ['solicit', DOMAIN, '0011', '--ue', 'a@b'],
    1,
    'unknown-key-group',
  ],
  ['push to an unknown User Service', ['push', DOMAIN, '00100001', '--service', 'x'], 1, 'unknown-service'],
  [
    'push again what no push gave up',
    ['push', DOMAIN, '00100001', '--undelivered-of', 'x'],
    1,
    'unknown-push',
  ],
  ['push ten million messages a second', ['push', DOMAIN, '00100001', '--per-second', '1e7'], 2, 'usage'],
  ['rotate an unknown Key Group', ['rotate', DOMAIN, '0011'], 1, 'unknown-key-group'],
  ['rotate in 3000 years', ['rotate', DOMAIN, '0010', '--lead-time', '99999999999'], 2, 'usage'],
  ['activate an unknown MSK', ['activate', DOMAIN, '00100077'], 1, 'unknown-msk'],
  ['activate the current MSK by 0000', ['activate', DOMAIN, '00100000'], 2, 'usage'],
  ['revoke an unknown MSK', ['revoke', DOMAIN, '00100077'], 1, 'unknown-msk'],
  ['revoke the current MSK by 0000', ['revoke', DOMAIN, '00100000'], 2, 'usage'],
  [
    'schedule rotations in 3000 years',
    ['set', 'schedule', DOMAIN, '0010', 'rate(7 days)', '--lead-time', '99999999999'],
    2,
    'usage',
  ],
  [
    'schedule rotations that overtake each other',
    ['set', 'schedule', DOMAIN, '0010', 'rate(1 hour)', '--lead-time', '3600'],
    2,
    'usage',
  ],
  [
    'schedule rotations of an unknown Key Group',
    ['set', 'schedule', DOMAIN, '0011', 'rate(7 days)'],
    1,
    'unknown-key-group',
  ],
  ['schedule rotations by nonsense', ['set', 'schedule', DOMAIN, '0010', 'often'], 1, 'failed'],
] as const)('to %s is refused before anything is sent', async (_, args, exitCode, errorCode) => {
  const { code, printed, error } = await bmsc(...args);
  expect({ code, printed, error }).toEqual({
    code: exitCode,
    printed: [],
    error: { code: errorCode, message: expect.any(String) },
  });
  expect(requests).toEqual([]);
  expect((await bmsc('show', 'schedule', DOMAIN, '0010')).printed).not.toMatchObject([{ expression: /./ }]);
});

test('rotate, activate and revoke wait for the answer with --watch', async () => {
  const rotated = await bmsc('rotate', DOMAIN, '0010', '--lead-time', '600', '--watch');
  expect(rotated.code).toBe(0);
  const [{ eventId } = {}, prepared] = rotated.printed;
  expect(prepared).toEqual({
    result: 'prepared',
    keyDomainId: DOMAIN,
    mskId: '00100002',
    activateAt: expect.stringMatching(/Z$/),
    pushIds: [`${eventId}/push`],
  });
  const refused = await bmsc('rotate', DOMAIN, '0010', '--watch');
  expect(refused).toMatchObject({ code: 1, error: { code: 'rotation-under-way' } });
  expect(await bmsc('rotate', DOMAIN, '0010', '--no-watch')).toMatchObject({ code: 0, printed: [{}] });

  const activated = await bmsc('activate', DOMAIN, '00100002', '--watch');
  expect(activated).toMatchObject({ code: 0, printed: [{}, { result: 'activated', mskId: '00100002' }] });
  const revoked = await bmsc('revoke', DOMAIN, '00100002', '--watch');
  expect(revoked).toMatchObject({
    code: 0,
    printed: [{}, { result: 'revoked', mskId: '00100002', currentMskId: '00100003' }],
  });
}, 60_000);

test('a schedule is set, shown and removed with exit code 0, also where none is left', async () => {
  const schedule = (verb: string, ...args: readonly string[]) => bmsc(verb, 'schedule', ...args);
  const expression = 'rate(2 hours)';
  const set = await schedule('set', DOMAIN, '0010', expression, '--lead-time', '3600');
  expect(set).toMatchObject({ code: 0, printed: [{ expression, leadTimeSeconds: 3600 }] });
  expect(await schedule('show', DOMAIN, '0010')).toMatchObject({ code: 0, printed: [{ expression }] });
  for (const removed of [true, false])
    expect(await schedule('delete', DOMAIN, '0010', '--yes')).toMatchObject({
      code: 0,
      printed: [{ removed }],
    });
}, 30_000);

test('the state of a push that is not there has failed', async () => {
  for (const watch of [[], ['--watch']]) {
    const askedAt = Date.now();
    const answer = await bmsc('show', 'push', 'none', ...watch);
    expect(answer).toMatchObject({ code: 1, error: { code: 'unknown-push' } });
    // Before: after a minute.
    expect(Date.now() - askedAt).toBeLessThan(30_000);
  }
});

test('a push that the sender refuses is refused for those who wait for it, and for those who ask later', async () => {
  const data = { keyDomainId: DOMAIN, mskId: '00100077', target: { allHolders: true } } as const;
  await publishEvents(deployed.bus, [newEvent('Push MSK', data, { eventId: 'p', now: Date.now() })]);
  const refused = { code: 1, printed: [], error: { code: 'unknown-msk', message: expect.any(String) } };
  expect(await bmsc('show', 'push', 'p', '--watch')).toEqual(refused);
  expect(await bmsc('show', 'push', 'p')).toEqual(refused);
});

test.each([
  ['push', DOMAIN, '00100000', '--ue', 'nobody@home1.net'],
  ['push', DOMAIN, '00100000', '--key-group'],
  ['solicit', DOMAIN, '0010', '--ue', 'nobody@home1.net'],
])('%s %s %s %s %s reaches nobody: it has failed where somebody waits for it', async (...args) => {
  expect(await bmsc(...args)).toMatchObject({ code: 0, printed: [{}] });
  const { code, printed } = await bmsc(...args, '--watch');
  expect([code, printed.at(-1)]).toMatchObject([1, { verified: 0, sent: 0, completedAt: /Z$/ }]);
});

test('a rotation of a Key Group that is provisioned too late is a dead letter, and done once it is redriven', async () => {
  const data = { keyDomainId: DOMAIN, keyGroup: '0012' };
  const answer = () =>
    loadRequestOutcome(deployed.store, { idempotencyKey: 'too early', eventId: 'too early' });
  await publishEvents(deployed.bus, [
    newEvent('Rotate MSK', data, { eventId: 'too early', now: Date.now() }),
  ]);
  await expect.poll(answer, { timeout: 10_000 }).toMatchObject({ reason: 'unknown-key-group' });
  await bmsc('provision', 'service', 'urn:example:late', '--key-group', '001-01/0012');
  const letter = { detailType: 'Rotate MSK', eventId: 'too early', reason: 'unknown-key-group' };
  expect((await bmsc('redrive', '--list')).printed).toContainEqual(expect.objectContaining(letter));
  expect((await bmsc('redrive')).printed).toContainEqual(expect.objectContaining(letter));
  await expect
    .poll(answer, { timeout: 10_000 })
    .toMatchObject({ result: 'prepared', mskId: expect.stringMatching(/^0012/) });
}, 60_000);

test.skipIf(process.platform !== 'linux')('at a terminal they wait unless they are told not to', async () => {
  const line = `${process.execPath} cli/bmsc.ts push ${DOMAIN} 00100000 --key-group`;
  const at = async (more: string) => {
    const command = `${line} --endpoint-url ${system.endpointUrl} ${more}; echo rc=$?`;
    return (await start('script', ['-qefc', command, '/dev/null']).finished).stdout;
  };
  expect(await at('')).toMatch(/reached nobody\s+rc=1/);
  expect(await at('--no-watch')).toMatch(/asked to push .*\s+rc=0/);
});
