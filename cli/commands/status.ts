import type { Command } from 'commander';
import { type Alarms, loadAlarms } from '../../lib/inventory/alarms.ts';
import { AwsRefusal } from '../../lib/inventory/aws-call.ts';
import { listPushOverviews, type PushOverview, progressOfPush } from '../../lib/inventory/pushes.ts';
import { type Rotation, Rotations } from '../../lib/inventory/rotations.ts';
import { loadSenderTasks, type SenderTasks } from '../../lib/inventory/sender-tasks.ts';
import { loadWork, type WorkOverview } from '../../lib/inventory/work.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import { listBlocked } from '../../lib/store/registration/block.ts';
import { awsCallOf } from '../aws-call.ts';
import { PartlyError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { colour, createPrint, formatTime } from '../output.ts';
import { type DeployedBmsc, findBmsc } from '../stack.ts';

/** Blocked subscribers that are counted: more are "or more". */
const MOST_BLOCKED = 1000;
/** Pushes under way that are shown. */
const MOST_PUSHES = 10;

/** What a service of AWS says, or why it can't be asked: emulators lack some, and people some rights. */
type Said<T> = { readonly said: T } | { readonly unknown: string };

interface Status {
  readonly bmsc: DeployedBmsc;
  readonly senders: Said<SenderTasks>;
  readonly work: WorkOverview;
  readonly underWay: readonly PushOverview[];
  readonly rotations: readonly Rotation[];
  readonly alarms: Said<Alarms>;
  readonly blocked: { readonly count: number; readonly isAll: boolean };
}

/** `bmsc status`: is it healthy, in ten lines. */
export function addStatusCommand(program: Command): void {
  const status = program
    .command('status')
    .description(
      'is it healthy: senders, work, dead letters, pushes, rotations, alarms; exit code 3 if something waits for you',
    )
    .action(runStatus);
  withExamples(withStack(status), 'status --local');
}

async function runStatus(options: CommandOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  const status = await readStatus(bmsc);
  const problems = problemsOf(status);
  createPrint(options.json)(linesOf(status, options.endpointUrl).join('\n'), fieldsOf(status, problems));
  if (problems.length > 0) throw new PartlyError(problems.join(', '));
}

async function readStatus(bmsc: DeployedBmsc): Promise<Status> {
  const [senders, work, underWay, { rows: rotations }, alarms, blocked] = await Promise.all([
    asked(() => readSenders(bmsc)),
    loadWork(bmsc.queues),
    listPushOverviews(bmsc.store, 'under-way', { limit: MOST_PUSHES }),
    new Rotations(bmsc.store, bmsc.schedules).read(),
    asked(() => readAlarms(bmsc)),
    listBlocked(bmsc.store, { limit: MOST_BLOCKED }),
  ]);
  const { entries, next } = blocked;
  const counted = { count: entries.length, isAll: next === undefined };
  return { bmsc, senders, work, underWay: underWay.entries, rotations, alarms, blocked: counted };
}

async function readSenders({ clientSettings, senderService }: DeployedBmsc): Promise<Said<SenderTasks>> {
  if (senderService === undefined) return { unknown: 'the stack does not name its service' };
  const tasks = await loadSenderTasks(awsCallOf(clientSettings), senderService);
  return tasks === undefined ? { unknown: 'there is no such service' } : { said: tasks };
}

async function readAlarms({ clientSettings, stack }: DeployedBmsc): Promise<Said<Alarms>> {
  const [stackName = stack] = stack.split('/');
  return { said: await loadAlarms(awsCallOf(clientSettings), stackName) };
}

async function asked<T>(ask: () => Promise<Said<T>>): Promise<Said<T>> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AwsRefusal) return { unknown: error.code };
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}

/** What an operator must do something about. */
function problemsOf({ work, rotations, senders, alarms }: Status): readonly string[] {
  const letters = work.deadLetters + work.ruleDeadLetters;
  const overdue = rotations.filter(({ isOverdue }) => isOverdue).length;
  return [
    ...('said' in senders && isDown(senders.said) ? ['no sender runs'] : []),
    ...(letters === 0 ? [] : [counted(letters, 'dead letter', 'waits', 'wait')]),
    ...(overdue === 0 ? [] : [counted(overdue, 'rotation', 'is overdue', 'are overdue')]),
    ...('said' in alarms ? alarms.said.raised.map((name) => `alarm ${name}`) : []),
  ];
}

function isDown({ running, desired }: SenderTasks): boolean {
  return running === 0 && desired > 0;
}

function counted(count: number, what: string, does: string, do_: string): string {
  return count === 1 ? `1 ${what} ${does}` : `${count} ${what}s ${do_}`;
}

function linesOf({ bmsc, blocked, ...status }: Status, endpoint: string | undefined): string[] {
  const { work, underWay } = status;
  const dead = `${work.deadLetters} of the queue, ${work.ruleDeadLetters} of the rules`;
  const isDead = work.deadLetters + work.ruleDeadLetters > 0;
  const subscribers = blocked.count === 1 && blocked.isAll ? 'subscriber' : 'subscribers';
  return [
    `stack           ${bmsc.stack}${endpoint === undefined ? '' : ` at ${endpoint}`}`,
    `key management  ${bmsc.keyManagementUrl}`,
    `senders         ${textOfSenders(status.senders)}`,
    `work            ${work.waiting} waiting, ${work.inFlight} with senders`,
    `dead letters    ${isDead ? colour('bad', `${dead}: see "bmsc list dead-letters"`) : dead}`,
    `pushes          ${underWay.length === 0 ? 'none under way' : underWay.map(textOfPush).join('; ')}`,
    `rotations       ${textOfRotations(status.rotations)}`,
    `alarms          ${textOfAlarms(status.alarms)}`,
    `blocked         ${blocked.count}${blocked.isAll ? '' : ' or more'} ${subscribers}`,
  ];
}

function textOfSenders(senders: Status['senders']): string {
  if (!('said' in senders)) return unknown('ECS', senders.unknown);
  const { running, pending, desired } = senders.said;
  const starting = pending === 0 ? '' : `, ${pending} starting`;
  const text = `${running} of ${desired} running${starting}`;
  return isDown(senders.said) ? colour('bad', text) : text;
}

function textOfAlarms(alarms: Status['alarms']): string {
  if (!('said' in alarms)) return unknown('CloudWatch', alarms.unknown);
  const { count, raised } = alarms.said;
  return raised.length === 0 ? `none of ${count}` : colour('bad', `${raised.join(', ')} of ${count}`);
}

function unknown(service: string, why: string): string {
  return colour('minor', `not known: ${service} can't be asked here (${why})`);
}

function textOfPush({ push, totals }: PushOverview): string {
  const { share } = progressOfPush(push, totals, Date.now());
  const percent = share === undefined ? '' : `, ${Math.floor(share * 100)} %`;
  const reached = totals.verified + totals.sent;
  return `${formatMskId(push.mskId)} has reached ${reached} of about ${push.expected} UEs${percent}`;
}

/** The overdue ones first, then how many are due, and the next. */
function textOfRotations(rotations: readonly Rotation[]): string {
  const overdue = rotations.filter(({ isOverdue }) => isOverdue).length;
  const due = rotations.filter(({ isOverdue }) => !isOverdue);
  const next = due.find(({ at }) => at !== undefined);
  return [
    ...(overdue === 0 ? [] : [colour('bad', `${overdue} overdue`)]),
    due.length === 0 ? 'none due' : `${due.length} due`,
    ...(next === undefined ? [] : [`next ${textOfRotation(next)}`]),
  ].join(', ');
}

function textOfRotation({ keyDomainId, keyGroup, mskId, at = 0 }: Rotation): string {
  const what = mskId === undefined ? 'a new MSK' : `${mskId} becomes current`;
  return `${keyDomainId}/${keyGroup} at ${formatTime(at)}: ${what}`;
}

function fieldsOf({ bmsc, ...status }: Status, problems: readonly string[]) {
  const { stack, keyManagementUrl, keyDomains } = bmsc;
  return {
    stack,
    keyManagementUrl,
    ...(keyDomains === undefined ? {} : { keyDomains }),
    ...('said' in status.senders ? { senders: status.senders.said } : {}),
    work: status.work,
    pushesUnderWay: status.underWay.map(({ push, totals: { verified, sent } }) => ({
      pushId: push.pushId,
      mskId: formatMskId(push.mskId),
      verified,
      sent,
      expected: push.expected,
    })),
    rotations: status.rotations.map(({ at, ...row }) => ({
      ...row,
      ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
    })),
    ...('said' in status.alarms ? { alarms: status.alarms.said } : {}),
    blocked: status.blocked.count,
    problems,
  };
}
