import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { loadRequestOutcome } from '../../lib/store/ledger/request-outcome.ts';

import {
  activate,
  group,
  handle,
  id,
  keyDomainId,
  published,
  ref,
  revoke,
  rotate,
  scheduled,
  startGroup,
  table,
} from './rotating-group.ts';

afterAll(() => table?.close());
beforeEach(() => startGroup());

test('a request whose idempotency key is that of another request is refused, says so, and changes nothing', async () => {
  await rotate('r1', { leadTimeSeconds: 600 });
  published.length = 0;
  scheduled.length = 0;
  const before = await group();
  const other = { keyGroup: formatKeyGroup(ref.keyGroup + 1) };
  for (const more of [{ leadTimeSeconds: 601 }, {}, { validity: { seql: 0, sequ: 9 } }, other]) {
    const outcome = await rotate('r1', more);
    expect(outcome).toMatchObject({ result: 'refused', reason: 'idempotency-key-reused' });
  }
  expect(await revoke(4, 'r1')).toMatchObject({ reason: 'idempotency-key-reused' });
  expect(await activate(5, 'r1')).toMatchObject({ reason: 'idempotency-key-reused' });
  expect(published.map(({ detailType }) => detailType)).toEqual(Array(6).fill('MSK Rotation Refused'));
  expect(published[0]).toMatchObject({
    metadata: { correlationId: 'c', idempotencyKey: expect.stringMatching(/^r1\/[0-9a-f]{16}\/refused$/) },
    data: {
      keyDomainId,
      keyGroup: formatKeyGroup(ref.keyGroup),
      request: 'Rotate MSK',
      message: expect.stringContaining('idempotency key'),
    },
  });
  expect(scheduled).toEqual([]);
  expect(await group()).toEqual(before);
  expect((await rotate('r1', { leadTimeSeconds: 600 })).result).toBe('prepared');
});

test('a request for the sender is refused as misrouted; what asks for nothing is ignored', async () => {
  const target = { ues: ['001010123456789@home1.net'] };
  const pull = { keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup), target };
  expect(await handle('Push MSK', { keyDomainId, mskId: id(4), target }, 'p1')).toMatchObject({
    result: 'refused',
    reason: 'misrouted',
  });
  expect(await handle('Solicit MSK Pull', pull, 'p2')).toMatchObject({ reason: 'misrouted' });
  expect(published.map(({ detailType, data }) => [detailType, data])).toMatchObject([
    ['MSK Rotation Refused', { request: 'Push MSK', keyGroup: pull.keyGroup, reason: 'misrouted' }],
    ['MSK Rotation Refused', { request: 'Solicit MSK Pull', reason: 'misrouted' }],
  ]);
  published.length = 0;
  expect(await handle('MSK Rotated', { keyDomainId, mskId: id(4) }, 'f1')).toEqual({
    result: 'not-concerned',
  });
  expect(published).toEqual([]);
});

describe('what came of a request is kept', () => {
  const outcomeOf = (key: string) => loadRequestOutcome(table, { idempotencyKey: key, eventId });
  const eventId = 'the event';

  test('of a rotation, an activation and a revocation, with the pushes that follow', async () => {
    expect(await outcomeOf('r1')).toBeUndefined();
    await rotate('r1', {}, eventId);
    const activateAt = '2026-11-23T01:00:00.000Z';
    const prepared = { result: 'prepared', keyDomainId, mskId: id(5), activateAt, pushIds: ['r1/push'] };
    expect(await outcomeOf('r1')).toEqual(prepared);
    await activate(5, 'a1', eventId);
    expect(await outcomeOf('a1')).toEqual({ result: 'activated', keyDomainId, mskId: id(5) });
    // A repetition does not hide what the first one came to.
    await rotate('r1', {}, eventId);
    expect(await outcomeOf('r1')).toEqual(prepared);
    await revoke(5, 'v1', eventId);
    expect(await outcomeOf('v1')).toEqual({
      result: 'revoked',
      keyDomainId,
      mskId: id(5),
      currentMskId: id(6),
      pushIds: ['v1/push-current', 'v1/push-revoked'],
    });
  });

  test('of a refused one, with its reason', async () => {
    await revoke(9, 'v1', eventId);
    const refused = { result: 'refused', reason: 'unknown-msk', message: expect.any(String) };
    expect(await outcomeOf('v1')).toEqual(refused);
  });
});
