import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type LocalBmsc, SERVICE, startLocalBmsc, startTestUe, switchOn, type TestUe } from './local-bmsc.ts';

const keyDomainId = parseKeyDomainId('00f110');
const KEY_GROUP = 0x0010;
const ref = { keyDomainId, keyGroup: KEY_GROUP };
const keyGroup = '0010';

let local: LocalBmsc;
let phone: TestUe;

beforeAll(async () => {
  local = await startLocalBmsc();
  await putUserService(local.store, { serviceId: SERVICE, keyGroups: [ref] });
  phone = await startTestUe(local);
});
afterAll(async () => {
  await phone?.ue.close();
  await local?.system.close();
});

const group = () => loadKeyGroup(local.store, ref);
const heldNumbers = () =>
  phone.ue.ring
    .list()
    .map((held) => held.mskId.keyNumber)
    .sort();

/** Waits until the UE holds the MSK of this number, as it is in the table; the UE does not request it. */
async function expectDelivered(keyNumber: number): Promise<void> {
  await expect.poll(heldNumbers, { timeout: 10_000 }).toContain(keyNumber);
  const stored = (await group())?.msks.get(keyNumber)?.sealed.open();
  const held = phone.ue.ring.find(keyDomainId, mskId(KEY_GROUP, keyNumber))?.msk;
  expect(stored !== undefined && held?.equals(stored)).toBe(true);
}

test('a Key Group without an MSK gets its first one by a rotation, immediately', async () => {
  expect(await local.bmsc('rotate', '001-01', keyGroup)).toMatchObject({ keyDomainId, keyGroup });
  await local.until('MSK Rotated', 1);
  expect(local.dataOf('MSK Rotated')).toEqual([{ keyDomainId, mskId: '00100001' }]);
  await phone.ue.register([SERVICE]);
  await expect.poll(heldNumbers).toEqual([1]);
});

test('a rotation delivers the next MSK ahead, and a schedule makes it the current one; twice the same event is one', async () => {
  const missing = await startTestUe(local);
  await missing.ue.register([SERVICE]);
  await expect.poll(() => missing.ue.ring.list().length).toBe(1);
  await missing.ue.close();

  const rotation = { keyDomainId, keyGroup, leadTimeSeconds: 6 };
  const askedAt = Date.now();
  await Promise.all([
    local.publish('Rotate MSK', rotation, 'rotation-1'),
    local.publish('Rotate MSK', rotation, 'rotation-1'),
  ]);
  await local.until('MSK Prepared', 2);
  expect(await group()).toMatchObject({
    currentKeyNumber: 1,
    prepared: { keyNumber: 2, request: 'rotation-1' },
  });
  await expectDelivered(2);
  expect(await group()).toMatchObject({ currentKeyNumber: 1 });

  const late = await startTestUe(local);
  await late.ue.register([SERVICE]);
  await expect
    .poll(() =>
      late.ue.ring
        .list()
        .map((held) => held.mskId.keyNumber)
        .sort(),
    )
    .toEqual([1, 2]);
  await late.ue.close();

  await local.until('MSK Rotated', 2, 15_000);
  expect(Date.now() - askedAt).toBeGreaterThanOrEqual(6000);
  expect(local.dataOf('MSK Rotated').at(-1)).toEqual({ keyDomainId, mskId: '00100002' });
  expect([...((await group())?.msks.keys() ?? [])]).toEqual([2]);
  await local.publish('Rotate MSK', rotation, 'rotation-1');
  // A UE that was away gets the current MSK by a request.
  const back = await switchOn(local, missing.association);
  await back.ue.requestMsks([{ keyDomainId, mskId: mskId(KEY_GROUP, 0) }]);
  await expect.poll(() => back.ue.ring.list().map((held) => held.mskId.keyNumber)).toEqual([2]);
  await back.ue.close();
  expect(await group()).toMatchObject({ currentKeyNumber: 2, prepared: undefined, lastKeyNumber: 2 });
  // The push was requested more than once, and done once.
  expect(local.dataOf('Push MSK').filter((data) => data.mskId === '00100002').length).toBeGreaterThanOrEqual(
    2,
  );
  const deliveries = phone.ueEvents.filter(
    (event) =>
      event.kind === 'received' && event.message.kind === 'msk' && event.message.msk.mskId.keyNumber === 2,
  );
  expect(deliveries).toHaveLength(1);
});

test('a revocation replaces the current MSK by another', async () => {
  await local.bmsc('revoke', '001-01', '00100002');
  await local.until('MSK Revoked', 1);
  expect(local.dataOf('MSK Revoked')).toEqual([{ keyDomainId, mskId: '00100002', currentMskId: '00100003' }]);
  await expectDelivered(3);
  await expect.poll(heldNumbers, { timeout: 10_000 }).not.toContain(2);
});

test('an operator activates a prepared MSK before its time', async () => {
  await local.bmsc('rotate', '001-01', keyGroup, '--lead-time', '86400');
  await expect.poll(async () => (await group())?.prepared?.keyNumber).toBe(4);
  await expectDelivered(4);
  await local.bmsc('activate', '001-01', '00100004');
  await expect.poll(async () => (await group())?.currentKeyNumber).toBe(4);
});

test('a schedule is set, shown and removed', async () => {
  const where = ['001-01', keyGroup];
  await local.bmsc('set', 'schedule', ...where, 'rate(7 days)', '--lead-time', '600');
  expect(await local.bmsc('show', 'schedule', ...where)).toEqual({
    keyDomainId,
    keyGroup,
    expression: 'rate(7 days)',
    leadTimeSeconds: 600,
    nextAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  expect(await local.bmsc('delete', 'schedule', ...where, '--yes')).toMatchObject({ removed: true });
  expect(await local.bmsc('show', 'schedule', ...where)).toEqual({ keyDomainId, keyGroup });
});

test('a request that can not be parsed becomes a dead letter, and redrive gives it back', async () => {
  const deadLetters = async () => {
    const { sqs, ruleDeadLetterQueueUrl: QueueUrl } = local.queues;
    const command = new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    });
    return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessages);
  };
  await local.publish('Rotate MSK', { keyDomainId, keyGroup: 'none' });
  await expect.poll(deadLetters, { timeout: 5000 }).toBe(1);
  await local.bmsc('redrive');
  await expect
    .poll(() => local.dataOf('Rotate MSK').filter((data) => data.keyGroup === 'none').length)
    .toBe(2);
  await expect.poll(deadLetters, { timeout: 5000 }).toBe(1);
});
