import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { EventInput, ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import {
  deleteRotationSchedule,
  findRotationSchedule,
  putRotationSchedule,
} from '../../lib/key-rotation/schedules.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { aKeyDomainId, aKeyGroup, anMskId, wholeSeconds } from '../arguments.ts';
import { sayer } from '../output.ts';
import { checkKeyDomain, findBmsc, type StackOptions } from '../stack.ts';

type Options = StackOptions & { json?: boolean };
type LeadTime = { leadTime?: number };
type RotationRequest = (typeof ROTATION_REQUESTS)[number];

const KEY_DOMAIN = ['<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId] as const;
const KEY_GROUP = ['<keyGroup>', 'e.g. 0001', aKeyGroup] as const;
const MSK_ID = ['<mskId>', 'Key Group and Key Number, e.g. 00010002', anMskId] as const;
const LEAD_TIME = [
  '--lead-time <seconds>',
  'from the push of the new MSK until it is the current one; else as set',
  wholeSeconds,
] as const;

/** `bmsc rotate`, `activate`, `revoke`: events that ask for it now; `bmsc schedule …`: rotation by itself. */
export function addRotationCommands(program: Command, withStack: (command: Command) => Command): void {
  withStack(program.command('rotate').description('make the next MSK of a Key Group, and push it ahead'))
    .argument(...KEY_DOMAIN)
    .argument(...KEY_GROUP)
    .option(...LEAD_TIME)
    .addHelpText('after', '\nExample:\n  bmsc rotate 001-01 0001 --lead-time 600 --local')
    .action(async (keyDomainId: KeyDomainId, group: number, options: Options & LeadTime) => {
      const keyGroup = formatKeyGroup(group);
      const data = { keyDomainId, keyGroup, ...leadTimeOf(options) };
      await ask('Rotate MSK', data, options, `asked to rotate the MSK of Key Group ${keyGroup}`);
    });

  withStack(
    program.command('activate').description('make a prepared MSK the current one before its time has come'),
  )
    .argument(...KEY_DOMAIN)
    .argument(...MSK_ID)
    .addHelpText('after', '\nExample:\n  bmsc activate 001-01 00010002 --local')
    .action(async (keyDomainId: KeyDomainId, id: MskId, options: Options) => {
      const mskId = formatMskId(id);
      await ask('Activate MSK', { keyDomainId, mskId }, options, `asked to activate MSK ${mskId}`);
    });

  withStack(
    program.command('revoke').description('take an MSK out of use; another takes its place if it is current'),
  )
    .argument(...KEY_DOMAIN)
    .argument(...MSK_ID)
    .addHelpText('after', '\nExample:\n  bmsc revoke 001-01 00010002 --local')
    .action(async (keyDomainId: KeyDomainId, id: MskId, options: Options) => {
      const mskId = formatMskId(id);
      await ask('Revoke MSK', { keyDomainId, mskId }, options, `asked to revoke MSK ${mskId}`);
    });

  addScheduleCommands(program, withStack);
}

function addScheduleCommands(program: Command, withStack: (command: Command) => Command): void {
  const schedule = program
    .command('schedule')
    .description('when the MSK of a Key Group is rotated by itself')
    .addHelpText('after', '\nExample:\n  bmsc schedule set 001-01 0001 "rate(7 days)" --local');

  withStack(schedule.command('set').description('rotate from now on; an earlier schedule is replaced'))
    .argument(...KEY_DOMAIN)
    .argument(...KEY_GROUP)
    .argument('<expression>', '"rate(7 days)" or "cron(0 3 ? * MON *)", in UTC')
    .option(...LEAD_TIME)
    .addHelpText('after', '\nExample:\n  bmsc schedule set 001-01 0001 "rate(7 days)" --local')
    .action(
      async (keyDomainId: KeyDomainId, keyGroup: number, expression: string, options: Options & LeadTime) => {
        const bmsc = await findBmsc(options);
        checkKeyDomain(bmsc, keyDomainId);
        const leadTimeSeconds = options.leadTime;
        const rotation = { expression, leadTimeSeconds };
        await putRotationSchedule(bmsc.schedules, { keyDomainId, keyGroup }, rotation, Date.now());
        sayer(options.json)(`Key Group ${formatKeyGroup(keyGroup)} is rotated by ${expression}`, {
          keyDomainId,
          keyGroup: formatKeyGroup(keyGroup),
          ...rotation,
        });
      },
    );

  withStack(schedule.command('show').description('the schedule of a Key Group'))
    .argument(...KEY_DOMAIN)
    .argument(...KEY_GROUP)
    .addHelpText('after', '\nExample:\n  bmsc schedule show 001-01 0001 --local')
    .action(async (keyDomainId: KeyDomainId, keyGroup: number, options: Options) => {
      const found = await findRotationSchedule((await findBmsc(options)).schedules, {
        keyDomainId,
        keyGroup,
      });
      sayer(options.json)(
        found === undefined
          ? `Key Group ${formatKeyGroup(keyGroup)} has no schedule`
          : `${found.expression}, lead time ${found.leadTimeSeconds === undefined ? 'as set' : `${found.leadTimeSeconds} s`}`,
        { keyDomainId, keyGroup: formatKeyGroup(keyGroup), ...found },
      );
    });

  withStack(schedule.command('remove').description('rotate no more by itself'))
    .argument(...KEY_DOMAIN)
    .argument(...KEY_GROUP)
    .addHelpText('after', '\nExample:\n  bmsc schedule remove 001-01 0001 --local')
    .action(async (keyDomainId: KeyDomainId, keyGroup: number, options: Options) => {
      const { schedules } = await findBmsc(options);
      const removed = await deleteRotationSchedule(schedules, { keyDomainId, keyGroup });
      sayer(options.json)(
        `Key Group ${formatKeyGroup(keyGroup)} ${removed ? 'is rotated no more by itself' : 'had no schedule'}`,
        { keyDomainId, keyGroup: formatKeyGroup(keyGroup), removed },
      );
    });
}

async function ask<T extends RotationRequest>(
  detailType: T,
  data: EventInput<T> & { readonly keyDomainId: string },
  options: Options,
  text: string,
): Promise<void> {
  const about = { eventId: randomUUID(), now: Date.now() };
  await publishEvents((await findBmsc(options)).bus, [newEvent<RotationRequest>(detailType, data, about)]);
  sayer(options.json)(`${text} of Key Domain ${data.keyDomainId}`, { eventId: about.eventId, ...data });
}

function leadTimeOf({ leadTime }: LeadTime): { leadTimeSeconds?: number } {
  return leadTime === undefined ? {} : { leadTimeSeconds: leadTime };
}
