import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { EVENT_SOURCE, type EventInput, SCHEMA_VERSION } from '../events/contracts.ts';
import { formatKeyGroup, formatMskId, type MskId } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';

/** Where schedules are kept, and what they may do: put events on the bus, by a role of their own. */
export interface ScheduleGroup {
  readonly scheduler: SchedulerClient;
  readonly groupName: string;
  readonly roleArn: string;
  readonly eventBusArn: string;
}

/** How often a Key Group's MSK is rotated. */
export interface RotationSchedule {
  /** `rate(7 days)` or `cron(0 3 ? * MON *)`, in UTC. */
  readonly expression: string;
  readonly leadTimeSeconds: number | undefined;
}

/** An activation by the request for a rotation that brings it about. */
export interface ActivationId {
  readonly keyDomainId: KeyGroupRef['keyDomainId'];
  readonly mskId: MskId;
  /** The idempotency key of the request. */
  readonly request: string;
}

/** An activation to come. */
export interface ScheduledActivation extends ActivationId {
  readonly correlationId: string;
  /** ms since the epoch; EventBridge Scheduler takes whole seconds to come, and is up to 60 s late. */
  readonly activateAt: number;
}

/** Length of a period of `rate()` in ms, by its unit in the singular. */
const PERIOD_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Has the event `Activate MSK` put on the bus when the time has come; the schedule then deletes itself. Repeatable:
 * one request has one schedule.
 */
export async function scheduleActivation(
  group: ScheduleGroup,
  activation: ScheduledActivation,
): Promise<void> {
  const { keyDomainId, mskId, request, correlationId, activateAt } = activation;
  const at = new Date(Math.ceil(activateAt / 1000) * 1000).toISOString().slice(0, 19);
  const data: EventInput<'Activate MSK'> = { keyDomainId, mskId: formatMskId(mskId) };
  const idempotencyKey = keyOfActivation(request);
  try {
    await group.scheduler.send(
      new CreateScheduleCommand({
        Name: activationName(activation),
        ScheduleExpression: `at(${at})`,
        ActionAfterCompletion: 'DELETE',
        ...eventOf(group, 'Activate MSK', data, { idempotencyKey, correlationId }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
  }
}

/** The idempotency key of the event that the request for a rotation has put on the bus when its time has come. */
export function keyOfActivation(request: string): string {
  return `${request}/activate`;
}

/** Undoes `scheduleActivation`, for an MSK that was activated by hand before. Repeatable. */
export async function cancelActivation(
  { scheduler, groupName }: ScheduleGroup,
  activation: ActivationId,
): Promise<void> {
  await deleteSchedule(scheduler, groupName, activationName(activation));
}

/**
 * Has the MSK of a Key Group rotated again and again; an earlier schedule of the Key Group is replaced. A `rate()`
 * begins one period from `now`, ms since the epoch.
 * @throws the SDK's ValidationException for an expression that is none
 */
export async function putRotationSchedule(
  group: ScheduleGroup,
  ref: KeyGroupRef,
  { expression, leadTimeSeconds }: RotationSchedule,
  now: number,
): Promise<void> {
  const name = rotationName(ref);
  const keyGroup = formatKeyGroup(ref.keyGroup);
  const data: EventInput<'Rotate MSK'> = {
    keyDomainId: ref.keyDomainId,
    keyGroup,
    ...(leadTimeSeconds === undefined ? {} : { leadTimeSeconds }),
  };
  const metadata = { idempotencyKey: `${name}/<aws.scheduler.scheduled-time>` };
  const firstAt = firstOccurrence(expression, now);
  const schedule = {
    Name: name,
    ScheduleExpression: expression,
    ...(firstAt === undefined ? {} : { StartDate: new Date(firstAt) }),
    ...eventOf(group, 'Rotate MSK', data, metadata),
  };
  try {
    await group.scheduler.send(new CreateScheduleCommand(schedule));
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
    await group.scheduler.send(new UpdateScheduleCommand(schedule));
  }
}

/** The schedule of a Key Group, or undefined. */
export async function findRotationSchedule(
  { scheduler, groupName }: ScheduleGroup,
  ref: KeyGroupRef,
): Promise<RotationSchedule | undefined> {
  try {
    const { ScheduleExpression: expression = '', Target } = await scheduler.send(
      new GetScheduleCommand({ GroupName: groupName, Name: rotationName(ref) }),
    );
    const { data }: { data: EventInput<'Rotate MSK'> } = JSON.parse(Target?.Input ?? '{"data":{}}');
    return { expression, leadTimeSeconds: data.leadTimeSeconds };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Ends the rotations of a Key Group; one under way is still carried out. False if there was no schedule. */
export async function deleteRotationSchedule(
  { scheduler, groupName }: ScheduleGroup,
  ref: KeyGroupRef,
): Promise<boolean> {
  return deleteSchedule(scheduler, groupName, rotationName(ref));
}

/** False if there is none. */
async function deleteSchedule(scheduler: SchedulerClient, GroupName: string, Name: string): Promise<boolean> {
  try {
    await scheduler.send(new DeleteScheduleCommand({ GroupName, Name }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

/** The part of a schedule that says which event is put on the bus; the keywords are filled in when it is. */
function eventOf(
  { groupName, roleArn, eventBusArn }: ScheduleGroup,
  detailType: 'Rotate MSK' | 'Activate MSK',
  data: EventInput<'Rotate MSK'> | EventInput<'Activate MSK'>,
  about: { readonly idempotencyKey: string; readonly correlationId?: string },
): Pick<CreateScheduleCommandInput, 'GroupName' | 'FlexibleTimeWindow' | 'Target'> {
  const metadata = {
    schemaVersion: SCHEMA_VERSION,
    eventId: '<aws.scheduler.execution-id>',
    correlationId: about.idempotencyKey,
    occurredAt: '<aws.scheduler.scheduled-time>',
    ...about,
  };
  return {
    GroupName: groupName,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: eventBusArn,
      RoleArn: roleArn,
      EventBridgeParameters: { Source: EVENT_SOURCE, DetailType: detailType },
      Input: JSON.stringify({ metadata, data }),
    },
  };
}

/** EventBridge Scheduler itself would begin a `rate()` at once. */
function firstOccurrence(expression: string, now: number): number | undefined {
  const [, value, unit = ''] = /^rate\(([0-9]+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = PERIOD_MS[unit];
  return period === undefined ? undefined : now + Number(value) * period;
}

function activationName({ keyDomainId, mskId, request }: ActivationId): string {
  const digest = createHash('sha256').update(request).digest('hex').slice(0, 16);
  return `activate-${keyDomainId}-${formatMskId(mskId)}-${digest}`;
}

function rotationName({ keyDomainId, keyGroup }: KeyGroupRef): string {
  return `rotate-${keyDomainId}-${formatKeyGroup(keyGroup)}`;
}
