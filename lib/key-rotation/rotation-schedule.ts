import {
  ConflictException,
  CreateScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { EventInput } from '../events/contracts.ts';
import { formatKeyGroup } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import { deleteSchedule, type ScheduleGroup, scheduledEvent } from './schedule-group.ts';

/** How often a Key Group's MSK is rotated. */
export interface RotationSchedule {
  /** `rate(7 days)` or `cron(0 3 ? * MON *)`, in UTC. */
  readonly expression: string;
  readonly leadTimeSeconds: number | undefined;
}

/** A schedule as EventBridge Scheduler has it. */
export interface StoredRotationSchedule extends RotationSchedule {
  /** When it rotates next, ms since the epoch; undefined for a `cron()`. */
  readonly nextAt: number | undefined;
}

/** Length of a period of `rate()` in ms, by its unit in the singular. */
const PERIOD_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Schedules the event `Rotate MSK` for a Key Group, and replaces its earlier schedule. A `rate()` begins one
 * period after `now`, ms since the epoch.
 * @throws the SDK's ValidationException when EventBridge Scheduler does not take the expression
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
    ...scheduledEvent(group, 'Rotate MSK', data, metadata),
  };
  try {
    await group.scheduler.send(new CreateScheduleCommand(schedule));
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
    await group.scheduler.send(new UpdateScheduleCommand(schedule));
  }
}

/** The schedule of a Key Group, or undefined when there is none. `now` is ms since the epoch. */
export async function findRotationSchedule(
  { scheduler, groupName }: ScheduleGroup,
  ref: KeyGroupRef,
  now = Date.now(),
): Promise<StoredRotationSchedule | undefined> {
  try {
    const {
      ScheduleExpression: expression = '',
      StartDate,
      Target,
    } = await scheduler.send(new GetScheduleCommand({ GroupName: groupName, Name: rotationName(ref) }));
    const { data }: { data: EventInput<'Rotate MSK'> } = JSON.parse(Target?.Input ?? '{"data":{}}');
    const nextAt = nextOccurrence(expression, StartDate?.getTime(), now);
    return { expression, leadTimeSeconds: data.leadTimeSeconds, nextAt };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/**
 * Ends the rotations of a Key Group; one under way is still completed.
 * @returns false when there is no schedule
 */
export async function deleteRotationSchedule(group: ScheduleGroup, ref: KeyGroupRef): Promise<boolean> {
  return deleteSchedule(group, rotationName(ref));
}

/** One period after `now` for a `rate()`, which EventBridge Scheduler would otherwise begin immediately. */
function firstOccurrence(expression: string, now: number): number | undefined {
  const period = periodOf(expression);
  return period === undefined ? undefined : now + period;
}

/** When a `rate()` that begins at `first` comes next; undefined where that is not known. */
function nextOccurrence(expression: string, first: number | undefined, now: number): number | undefined {
  const period = periodOf(expression);
  if (period === undefined || first === undefined) return undefined;
  return first > now ? first : first + Math.ceil((now - first) / period) * period;
}

/** The period of a `rate()` in ms; undefined for another expression. */
export function periodOf(expression: string): number | undefined {
  const [, value, unit = ''] = /^rate\(([0-9]+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = PERIOD_MS[unit];
  return period === undefined ? undefined : Number(value) * period;
}

function rotationName({ keyDomainId, keyGroup }: KeyGroupRef): string {
  return `rotate-${keyDomainId}-${formatKeyGroup(keyGroup)}`;
}
