import type { Command } from 'commander';
import { listBlocked } from '../../lib/store/registration/block.ts';
import { readOverview } from '../console/reads/overview.ts';
import { Rotations } from '../console/reads/rotations.ts';
import type { OverviewView, PushRow, RotationRow } from '../console/views.ts';
import { PartlyError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { colour, createPrint, formatTime } from '../output.ts';
import { findBmsc } from '../stack.ts';

/** Blocked subscribers that are counted: more are "or more". */
const MOST_BLOCKED = 1000;

/** `bmsc status`: is it healthy, in ten lines. */
export function addStatusCommand(program: Command): void {
  const status = program
    .command('status')
    .description(
      'is it healthy: work, dead letters, pushes, rotations; exit code 3 if something waits for you',
    )
    .action(runStatus);
  withExamples(withStack(status), 'status --local');
}

async function runStatus(options: CommandOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  const rotations = new Rotations(bmsc.store, bmsc.schedules);
  const [overview, blocked] = await Promise.all([
    readOverview(bmsc, rotations, { endpoint: options.endpointUrl?.toString(), isReadOnly: true }),
    listBlocked(bmsc.store, { limit: MOST_BLOCKED }),
  ]);
  const count = `${blocked.entries.length}${blocked.next === undefined ? '' : ' or more'}`;
  createPrint(options.json)(linesOf(overview, count).join('\n'), fieldsOf(overview, blocked.entries.length));
  const { problems } = overview;
  if (problems.length > 0) throw new PartlyError(problems.map(({ text }) => text).join(', '));
}

function linesOf(overview: OverviewView, blocked: string): string[] {
  const { deployment, work, underWay, rotations } = overview;
  const dead = `${work.deadLetters} of the queue, ${work.ruleDeadLetters} of the rules`;
  const isDead = work.deadLetters + work.ruleDeadLetters > 0;
  const overdue = rotations.filter(({ isOverdue }) => isOverdue);
  const [next] = rotations.filter(({ isOverdue, at }) => !isOverdue && at !== undefined);
  const planned = next === undefined ? 'none planned' : `next ${textOfRotation(next)}`;
  return [
    `stack           ${deployment.stack}${deployment.endpoint === undefined ? '' : ` at ${deployment.endpoint}`}`,
    `key management  ${deployment.keyManagementUrl}`,
    `work            ${work.waiting} waiting, ${work.inFlight} with senders`,
    `dead letters    ${isDead ? colour('bad', `${dead}: see "bmsc list dead-letters"`) : dead}`,
    `pushes          ${underWay.length === 0 ? 'none under way' : underWay.map(textOfPush).join('; ')}`,
    `rotations       ${overdue.length === 0 ? '' : `${colour('bad', `${overdue.length} overdue`)}, `}${planned}`,
    `blocked         ${blocked} subscribers`,
  ];
}

function textOfPush({ mskId, verified, sent, expected, share }: PushRow): string {
  const percent = share === undefined ? '' : `, ${Math.floor(share * 100)} %`;
  return `${mskId} has reached ${verified + sent} of about ${expected} UEs${percent}`;
}

function textOfRotation({ keyDomainId, keyGroup, mskId, at = 0 }: RotationRow): string {
  const what = mskId === undefined ? 'a new MSK' : `${mskId} becomes current`;
  return `${keyDomainId}/${keyGroup} at ${formatTime(at)}: ${what}`;
}

function fieldsOf({ deployment, work, underWay, rotations, problems }: OverviewView, blocked: number) {
  return {
    ...deployment,
    work,
    pushesUnderWay: underWay.map(({ pushId, mskId, verified, sent, expected }) => ({
      pushId,
      mskId,
      verified,
      sent,
      expected,
    })),
    rotations: rotations.map(({ at, ...row }) => ({
      ...row,
      ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
    })),
    blocked,
    problems: problems.map(({ text }) => text),
  };
}
