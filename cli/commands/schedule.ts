import type { Command } from 'commander';
import { newEvent } from '../../lib/events/envelope.ts';
import {
  deleteRotationSchedule,
  findRotationSchedule,
  periodOf,
  putRotationSchedule,
} from '../../lib/key-rotation/rotation-schedule.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { UsageError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  LEAD_TIME_OPTION,
  type LeadTimeOptions,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint, formatTime } from '../output.ts';
import { checkKeyDomain, findBmsc } from '../stack.ts';
import { confirm, YES_OPTION, type YesOption } from './ask.ts';
import { checkBeforePublishing } from './check-event.ts';
import { existingKeyGroup } from './existing-key-group.ts';

/** `bmsc set|show|delete schedule`: when EventBridge Scheduler rotates the MSK of a Key Group. */
export function addScheduleCommands({ set, show, remove }: ScheduleVerbs): void {
  const setting = set
    .command('schedule')
    .description('rotate the MSK of a Key Group by itself from now on; an earlier schedule is replaced')
    .action(setSchedule);
  withScheduleOf(setting)
    .argument('<expression>', '"rate(7 days)" or "cron(0 3 ? * MON *)", in UTC')
    .option(...LEAD_TIME_OPTION);
  withExamples(setting, 'set schedule 001-01 0001 "rate(7 days)" --local');

  const showing = show.command('schedule').description('when a Key Group is rotated').action(showSchedule);
  withExamples(withScheduleOf(showing), 'show schedule 001-01 0001 --local');

  const removal = remove
    .command('schedule')
    .description('the schedule of a Key Group: it is rotated no more by itself')
    .option(...YES_OPTION)
    .action(removeSchedule);
  withExamples(withScheduleOf(removal), 'delete schedule 001-01 0001 --yes --local');
}

/** The commands that a schedule is a thing of. */
export interface ScheduleVerbs {
  readonly set: Command;
  readonly show: Command;
  readonly remove: Command;
}

/** Adds the stack and the Key Group. */
function withScheduleOf(command: Command): Command {
  return withStack(command)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT);
}

async function setSchedule(
  keyDomainId: KeyDomainId,
  keyGroup: number,
  expression: string,
  options: CommandOptions & LeadTimeOptions,
): Promise<void> {
  const { leadTime } = options;
  const data = { keyDomainId, keyGroup: formatKeyGroup(keyGroup) };
  const withLeadTime = leadTime === undefined ? data : { ...data, leadTimeSeconds: leadTime };
  checkBeforePublishing(newEvent('Rotate MSK', withLeadTime, { eventId: 'scheduled', now: Date.now() }));
  const periodMs = periodOf(expression);
  if (leadTime !== undefined && periodMs !== undefined && leadTime * 1000 >= periodMs)
    throw new UsageError('--lead-time is not below the period: each rotation would meet the one before');
  const bmsc = await findBmsc(options);
  checkKeyDomain(bmsc, keyDomainId);
  await existingKeyGroup(bmsc.store, { keyDomainId, keyGroup });
  const rotation = { expression, leadTimeSeconds: leadTime };
  await putRotationSchedule(bmsc.schedules, { keyDomainId, keyGroup }, rotation, Date.now());
  const group = formatKeyGroup(keyGroup);
  createPrint(options.json)(`Key Group ${group} is rotated by ${expression}`, {
    keyDomainId,
    keyGroup: group,
    ...rotation,
  });
}

async function showSchedule(
  keyDomainId: KeyDomainId,
  keyGroup: number,
  options: CommandOptions,
): Promise<void> {
  const { schedules } = await findBmsc(options);
  const found = await findRotationSchedule(schedules, { keyDomainId, keyGroup });
  const next = found?.nextAt === undefined ? undefined : new Date(found.nextAt);
  const group = formatKeyGroup(keyGroup);
  const leadTime = found?.leadTimeSeconds === undefined ? 'as set' : `${found.leadTimeSeconds} s`;
  const text =
    found === undefined
      ? `Key Group ${group} has no schedule`
      : `${found.expression}, lead time ${leadTime}${next === undefined ? '' : `, next ${formatTime(next.getTime())}`}`;
  createPrint(options.json)(text, {
    keyDomainId,
    keyGroup: group,
    ...found,
    ...(next && { nextAt: next.toISOString() }),
  });
}

async function removeSchedule(
  keyDomainId: KeyDomainId,
  keyGroup: number,
  options: CommandOptions & YesOption,
): Promise<void> {
  const { schedules } = await findBmsc(options);
  await confirm(`delete the schedule of Key Group ${formatKeyGroup(keyGroup)}`, options);
  const removed = await deleteRotationSchedule(schedules, { keyDomainId, keyGroup });
  const group = formatKeyGroup(keyGroup);
  const text = `Key Group ${group} ${removed ? 'is rotated no more by itself' : 'had no schedule'}`;
  createPrint(options.json)(text, { keyDomainId, keyGroup: group, removed });
}
