import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { EventError } from '../../lib/events/errors.ts';
import { refuseMalformed } from '../../lib/key-rotation/refuse-malformed.ts';
import { formatKeyGroup, mskId } from '../../lib/keys/msk-id.ts';
import { EMPTY_VALIDITY, FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadStops } from '../../lib/store/stops.ts';

import {
  activate,
  cancelled,
  changeContext,
  context,
  failNextPublishing,
  group,
  handle,
  id,
  keyDomainId,
  LEAD_TIME_MS,
  NOW,
  published,
  publishedEvents,
  ref,
  revoke,
  rotate,
  scheduled,
  startGroup,
  table,
} from './rotating-group.ts';

afterAll(() => table?.close());
beforeEach(() => startGroup());

describe('a rotation', () => {
  test('is prepared, pushed to all holders and scheduled; the current MSK stays until its time', async () => {
    expect(await rotate('r1')).toMatchObject({ result: 'prepared', keyDomainId, mskId: id(5) });
    const activateAt = NOW + LEAD_TIME_MS;
    expect(scheduled).toEqual([
      { keyDomainId, mskId: mskId(ref.keyGroup, 5), request: 'r1', correlationId: 'c', activateAt },
    ]);
    expect(publishedEvents()).toEqual([
      ['MSK Prepared', 'r1/prepared', { keyDomainId, mskId: id(5), activateAt: '2026-11-23T01:00:00.000Z' }],
      ['Push MSK', 'r1/push', { keyDomainId, mskId: id(5), target: { allHolders: true } }],
    ]);
    expect(await group()).toMatchObject({ currentKeyNumber: 4 });
    expect((await group())?.msks.get(5)?.validity).toEqual(FULL_VALIDITY);
  });

  test('ends when its time has come: the new MSK is current, the old one is gone, and an event reports it', async () => {
    await rotate('r1');
    published.length = 0;
    expect(await activate(5, 'r1/activate')).toEqual({ result: 'activated', keyDomainId, mskId: id(5) });
    expect(publishedEvents()).toEqual([
      ['MSK Rotated', 'r1/activate/rotated', { keyDomainId, mskId: id(5) }],
    ]);
    expect([...((await group())?.msks.keys() ?? [])]).toEqual([5]);
  });

  test('that was cut off resumes when the next one is requested, and then another can begin', async () => {
    failNextPublishing();
    await expect(rotate('r1')).rejects.toThrow('the bus is away');
    scheduled.length = 0;
    const later = NOW + LEAD_TIME_MS + 600_000;
    changeContext({ now: () => later });
    expect(await rotate('r2')).toMatchObject({ result: 'refused', reason: 'rotation-under-way' });
    expect(scheduled).toEqual([
      {
        keyDomainId,
        mskId: mskId(ref.keyGroup, 5),
        request: 'r1',
        correlationId: 'c',
        activateAt: later + LEAD_TIME_MS,
      },
    ]);
    expect(publishedEvents()[0]).toEqual([
      'Push MSK',
      'r1/push',
      { keyDomainId, mskId: id(5), target: { allHolders: true } },
    ]);
    expect((await activate(5, 'r1/activate')).result).toBe('activated');
    expect((await rotate('r3')).result).toBe('prepared');
  });

  test('that is resumed is pushed first: where the bus is away, nothing is scheduled', async () => {
    await rotate('r1');
    scheduled.length = 0;
    changeContext({ now: () => NOW + LEAD_TIME_MS + 600_000 });
    failNextPublishing();
    await expect(rotate('r2')).rejects.toThrow('the bus is away');
    expect(scheduled).toEqual([]);
  });

  test('is not resumed by the next request while its time is not long past', async () => {
    await rotate('r1');
    published.length = 0;
    scheduled.length = 0;
    changeContext({ now: () => NOW + LEAD_TIME_MS + 60_000 });
    await rotate('r2');
    expect(scheduled).toEqual([]);
    expect(published.map(({ detailType }) => detailType)).toEqual(['MSK Rotation Refused']);
  });

  test('takes lead time and validity from its request', async () => {
    await rotate('r1', { leadTimeSeconds: 7200, validity: { seql: 1, sequ: 900 } });
    expect(scheduled[0]?.activateAt).toBe(NOW + 7_200_000);
    expect((await group())?.msks.get(5)?.validity).toEqual({ seql: 1, sequ: 900 });
  });

  test('without lead time is activated by an event, and nothing is scheduled', async () => {
    await rotate('r1', { leadTimeSeconds: 0 });
    expect(scheduled).toEqual([]);
    expect(publishedEvents().at(-1)).toEqual(['Activate MSK', 'r1/activate', { keyDomainId, mskId: id(5) }]);
  });

  test('that an operator activates early loses its schedule; a scheduled activation deletes its own', async () => {
    await rotate('r1');
    await activate(5, 'by-hand');
    expect(cancelled).toEqual([{ keyDomainId, mskId: mskId(ref.keyGroup, 5), request: 'r1' }]);
    cancelled.length = 0;
    await rotate('r2');
    await activate(6, 'r2/activate');
    await activate(6, 'r2/activate');
    expect(cancelled).toEqual([]);
  });

  test('whose events could not be published is repeated with the same MSK', async () => {
    failNextPublishing();
    await expect(rotate('r1')).rejects.toThrow('the bus is away');
    // Else it would become the current one, pushed to nobody, before the request comes again.
    expect(scheduled).toEqual([]);
    const msk = (await group())?.msks.get(5)?.sealed.open();
    await rotate('r1');
    expect(
      (await group())?.msks
        .get(5)
        ?.sealed.open()
        .equals(msk ?? new SecretKey(new Uint8Array(16))),
    ).toBe(true);
    expect(scheduled.map(({ request }) => request)).toEqual(['r1']);
    expect(publishedEvents().map(([, key]) => key)).toEqual(['r1/prepared', 'r1/push']);
  });

  test.each([
    ['revoked', () => revoke(5, 'revocation')],
    ['activated by hand', () => activate(5, 'by-hand')],
    ['current by the revocation of the one before', () => revoke(4, 'revocation')],
  ])('whose events could not be published is answered though its MSK is %s meanwhile', async (_, end) => {
    failNextPublishing();
    await expect(rotate('r1')).rejects.toThrow('the bus is away');
    await end();
    published.length = 0;
    expect(await rotate('r1')).toMatchObject({ result: 'prepared', pushIds: [] });
    expect(publishedEvents().map(([, key]) => key)).toEqual(['r1/prepared']);
    expect(await rotate('r1')).toEqual({ result: 'repeated' });
    expect(publishedEvents()).toHaveLength(1);
    expect(scheduled).toEqual([]);
  });

  test('is refused while another is under way and for an unknown Key Group; an event says why', async () => {
    await rotate('r1');
    published.length = 0;
    expect(await rotate('r2')).toMatchObject({ result: 'refused', reason: 'rotation-under-way' });
    expect(await rotate('r3', { keyGroup: 'ffff' })).toMatchObject({
      result: 'refused',
      reason: 'unknown-key-group',
    });
    expect(publishedEvents()).toMatchObject([
      [
        'MSK Rotation Refused',
        'r2/refused',
        { keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup), reason: 'rotation-under-way' },
      ],
      ['MSK Rotation Refused', 'r3/refused', { keyDomainId, keyGroup: 'ffff', reason: 'unknown-key-group' }],
    ]);
  });

  test('that breaks the contract is refused by an event with its correlation ID, and all else is thrown', async () => {
    const text = JSON.stringify({
      source: 'bmsc.keymanagement',
      'detail-type': 'Rotate MSK',
      detail: {
        metadata: { eventId: 'e', correlationId: 'c', idempotencyKey: 'k' },
        data: { keyDomainId, keyGroup: '0001', leadTimeSeconds: 1e11 },
      },
    });
    const breach = new EventError('bad-data', 'leadTimeSeconds: too long');
    expect(await refuseMalformed(context, text, breach)).toMatchObject({ reason: 'bad-data' });
    expect(published).toMatchObject([
      {
        detailType: 'MSK Rotation Refused',
        metadata: { correlationId: 'c', idempotencyKey: 'k/e/refused' },
        data: {
          keyDomainId,
          keyGroup: '0001',
          request: 'Rotate MSK',
          requestId: 'e',
          reason: 'bad-data',
          message: 'leadTimeSeconds: too long',
        },
      },
    ]);
    for (const error of [new Error('away'), new EventError('not-published', 'throttled')])
      await expect(refuseMalformed(context, text, error)).rejects.toBe(error);
  });

  test('is not done again by a replay of the archive', async () => {
    const data = { keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup) };
    expect(await handle('Rotate MSK', data, 'r1', { replayName: 'a replay' })).toEqual({
      result: 'replayed',
    });
    expect(published).toEqual([]);
    expect(await group()).toMatchObject({ prepared: undefined });
  });
});

describe('a revocation', () => {
  test('sends all holders the replacing MSK, and the revoked one without any MTK ID', async () => {
    expect(await revoke(4, 'v1')).toMatchObject({ result: 'revoked', keyDomainId, mskId: id(4) });
    const target = { allHolders: true };
    expect(publishedEvents()).toEqual([
      ['MSK Revoked', 'v1/revoked', { keyDomainId, mskId: id(4), currentMskId: id(5) }],
      ['Push MSK', 'v1/push-current', { keyDomainId, mskId: id(5), target }],
      ['Push MSK', 'v1/push-revoked', { keyDomainId, mskId: id(4), target }],
    ]);
    expect((await group())?.msks.get(4)?.validity).toEqual(EMPTY_VALIDITY);
  });

  test('stops what senders have in hand of the MSK before anything is pushed', async () => {
    failNextPublishing();
    await expect(revoke(4, 'v1')).rejects.toThrow('the bus is away');
    expect(await loadStops(table, 0)).toEqual([
      { kind: 'msk-revoked', keyDomainId, mskId: mskId(ref.keyGroup, 4), at: NOW },
    ]);
  });

  test.each([4, 5])('of MSK %i ends a rotation to MSK 5, whose schedule is deleted', async (keyNumber) => {
    await rotate('r1');
    await revoke(keyNumber, 'v1');
    expect(cancelled).toEqual([{ keyDomainId, mskId: mskId(ref.keyGroup, 5), request: 'r1' }]);
    await revoke(keyNumber, 'v1');
    expect(cancelled).toHaveLength(1);
  });

  test('deletes no schedule where no rotation is under way', async () => {
    await revoke(4, 'v1');
    expect(cancelled).toEqual([]);
  });

  test('of an unknown MSK is refused, and so is its activation', async () => {
    expect(await revoke(9, 'v1')).toMatchObject({ result: 'refused', reason: 'unknown-msk' });
    expect(await activate(9, 'a1')).toMatchObject({ result: 'refused', reason: 'not-prepared' });
    expect(publishedEvents().map(([detailType]) => detailType)).toEqual([
      'MSK Rotation Refused',
      'MSK Rotation Refused',
    ]);
  });
});

test('events hold identifiers and no key', async () => {
  await rotate('r1');
  await revoke(4, 'v1');
  const text = JSON.stringify(published);
  for (const { sealed } of (await group())?.msks.values() ?? []) {
    const octets = Buffer.from(sealed.open().exposeOctets());
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(text).not.toContain(octets.toString(encoding));
  }
});

test('each request makes at most one MSK, and the last is current, however often and in which order events come', async () => {
  const requests = fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3', 'r4'), { minLength: 1 });
  const choices = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(requests, choices, async (keys, picks) => {
      await startGroup();
      // A delivered event stays, and may come again until the choices are used up.
      const onTheBus: (() => Promise<unknown>)[] = keys.map((key) => () => rotate(key));
      const activations = new Map<string, () => Promise<unknown>>();
      changeContext({
        scheduleActivation: async ({ request, mskId: { keyNumber } }) => {
          if (!activations.has(request)) onTheBus.push(() => activate(keyNumber, `${request}/activate`));
          activations.set(request, () => activate(keyNumber, `${request}/activate`));
        },
      });
      for (const pick of picks) await onTheBus[pick % onTheBus.length]?.();
      for (const deliver of activations.values()) await deliver();

      const prepared = published.filter(({ detailType }) => detailType === 'MSK Prepared');
      const made = new Map(prepared.map(({ data, metadata }) => [metadata.idempotencyKey, data]));
      const numbers = new Set(prepared.map(({ data }) => ('mskId' in data ? data.mskId : '')));
      expect(numbers.size).toBe(made.size);
      expect(made.size).toBe(activations.size);
      const found = await group();
      expect(found?.currentKeyNumber).toBe(4 + made.size);
      expect([...(found?.msks.keys() ?? [])]).toEqual(made.size === 0 ? [4] : [4 + made.size]);
    }),
    { numRuns: 25 },
  );
}, 60_000);
