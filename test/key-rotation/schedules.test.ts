import {
  CreateScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseEvent } from '../../lib/events/envelope.ts';
import { cancelActivation, scheduleActivation } from '../../lib/key-rotation/activation-schedule.ts';
import {
  deleteRotationSchedule,
  findRotationSchedule,
  putRotationSchedule,
} from '../../lib/key-rotation/rotation-schedule.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { type PutEntry, startScheduler, type TestScheduler } from './scheduler.ts';

let schedules: TestScheduler;

beforeAll(async () => {
  schedules = await startScheduler();
});
afterAll(() => schedules.close());
beforeEach(() => {
  schedules.entries.length = 0;
  schedules.calls.length = 0;
});
afterEach(() => vi.useRealTimers());

const keyDomainId = parseKeyDomainId('00f110');
const ref = { keyDomainId, keyGroup: 0x0010 };

/** The event as the bus forwards it: what a schedule puts keeps the contract. */
const eventOf = ({ DetailType, Source, Detail }: PutEntry) =>
  parseEvent(JSON.stringify({ source: Source, 'detail-type': DetailType, detail: JSON.parse(Detail) }));

/** Fakes the scheduler's timers, not those of sockets. */
const useFakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });

const rotationSchedule = () =>
  schedules.scheduler.send(new GetScheduleCommand({ GroupName: 'rotations', Name: 'rotate-00f110-0010' }));

describe('an activation', () => {
  const activation = (request: string) => ({
    keyDomainId,
    mskId: mskId(0x0010, 7),
    request,
    correlationId: 'c',
    activateAt: Date.now() + 1200,
  });

  test('comes once, at its time, as the event Activate MSK, and its schedule is gone', async () => {
    const due = activation('r1');
    await scheduleActivation(schedules, due);
    expect(schedules.entries).toEqual([]);
    await expect.poll(() => schedules.entries.length, { timeout: 5000 }).toBe(1);
    expect(Date.now()).toBeGreaterThanOrEqual(due.activateAt);
    const [entry] = schedules.entries as [PutEntry];
    expect(entry.EventBusName).toBe('bmsc');
    expect(eventOf(entry)).toMatchObject({
      detailType: 'Activate MSK',
      data: { keyDomainId, mskId: { keyGroup: 0x0010, keyNumber: 7 } },
      metadata: { idempotencyKey: 'r1/activate', correlationId: 'c' },
    });
    const occurredAt = Date.parse(eventOf(entry).metadata.occurredAt);
    expect(Math.ceil(due.activateAt / 1000) * 1000).toBe(occurredAt);
    expect(eventOf(entry).metadata.eventId).not.toContain('<');
    await scheduleActivation(schedules, activation('r1'));
    expect(schedules.calls.filter((call) => call.endsWith(' 200'))).toHaveLength(2);
  });

  test('is scheduled once, however often its request is repeated', async () => {
    await scheduleActivation(schedules, activation('r2'));
    await scheduleActivation(schedules, activation('r2'));
    expect(schedules.calls.map((call) => call.split(' ')[2])).toEqual(['200', '409']);
  });
});

test('a cancelled activation does not come, and may be cancelled again', async () => {
  const due = { keyDomainId, mskId: mskId(0x0010, 7), request: 'r3' };
  await scheduleActivation(schedules, { ...due, correlationId: 'c', activateAt: Date.now() + 1200 });
  await cancelActivation(schedules, due);
  await cancelActivation(schedules, due);
  expect(schedules.calls.map((call) => call.split(' ').toSpliced(1, 1).join(' '))).toEqual([
    'POST 200',
    'DELETE 200',
    'DELETE 404',
  ]);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // Events of earlier tests may come meanwhile.
  const keys = schedules.entries.map((entry) => eventOf(entry).metadata.idempotencyKey);
  expect(keys).not.toContain('r3/activate');
});

describe('the rotations of a Key Group', () => {
  test('begin one period from now and repeat, each with an idempotency key of its own', async () => {
    const now = Date.UTC(2026, 10, 23);
    useFakeTimers().setSystemTime(now);
    await putRotationSchedule(schedules, ref, { expression: 'rate(2 days)', leadTimeSeconds: 600 }, now);
    await vi.advanceTimersByTimeAsync(2 * 86_400_000 - 1);
    expect(schedules.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(4 * 86_400_000 + 1);
    expect(schedules.entries.map(eventOf)).toMatchObject(
      ['2026-11-25', '2026-11-27', '2026-11-29'].map((day) => ({
        detailType: 'Rotate MSK',
        data: { keyDomainId, keyGroup: 0x0010, leadTimeSeconds: 600 },
        metadata: { idempotencyKey: `rotate-00f110-0010/${day}T00:00:00Z` },
      })),
    );
  });

  test('are shown, replaced and ended', async () => {
    const now = Date.now();
    await putRotationSchedule(schedules, ref, { expression: 'rate(1 hour)', leadTimeSeconds: 60 }, now);
    await putRotationSchedule(
      schedules,
      ref,
      { expression: 'rate(7 days)', leadTimeSeconds: undefined },
      now,
    );
    const nextAt = (await findRotationSchedule(schedules, ref))?.nextAt ?? 0;
    expect(await findRotationSchedule(schedules, ref)).toEqual({ expression: 'rate(7 days)', nextAt });
    expect(Math.abs(nextAt - (now + 7 * 86_400_000))).toBeLessThan(1000);
    const { StartDate, ...shown } = await rotationSchedule();
    expect(Math.abs((StartDate?.getTime() ?? 0) - (now + 7 * 86_400_000))).toBeLessThan(1000);
    expect(shown).toMatchObject({
      Target: { RoleArn: schedules.roleArn, Arn: schedules.eventBusArn },
    });
    expect(await deleteRotationSchedule(schedules, ref)).toBe(true);
    expect(await deleteRotationSchedule(schedules, ref)).toBe(false);
    expect(await findRotationSchedule(schedules, ref)).toBeUndefined();
  });

  test.each(['every day', 'rate(0 days)', 'at(2020-01-01T00:00:00)'])(
    'are refused for %s',
    async (expression) => {
      const rotation = { expression, leadTimeSeconds: undefined };
      await expect(putRotationSchedule(schedules, ref, rotation, Date.now())).rejects.toThrow(
        ValidationException,
      );
    },
  );
});

test('a schedule needs an existing group', async () => {
  const elsewhere = { ...schedules, groupName: 'others' };
  const rotation = { expression: 'rate(1 day)', leadTimeSeconds: undefined };
  await expect(putRotationSchedule(elsewhere, ref, rotation, Date.now())).rejects.toThrow(
    ResourceNotFoundException,
  );
});

test('a time that has passed is refused, as EventBridge Scheduler does', async () => {
  const command = new CreateScheduleCommand({
    GroupName: 'rotations',
    Name: 'late',
    ScheduleExpression: 'at(2020-01-01T00:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: schedules.eventBusArn,
      RoleArn: schedules.roleArn,
      Input: '{}',
      EventBridgeParameters: { Source: 's', DetailType: 'd' },
    },
  });
  await expect(schedules.scheduler.send(command)).rejects.toThrow(ValidationException);
});
