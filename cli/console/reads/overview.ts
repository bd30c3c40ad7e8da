import type { Rotations } from '../../../lib/inventory/rotations.ts';
import { loadWork } from '../../../lib/inventory/work.ts';
import type { DeployedBmsc } from '../../stack.ts';
import type { OverviewView, RotationRow } from '../views.ts';
import { readPushes } from './pushes.ts';

/** Pushes of the past on the overview. */
const LATEST = 5;
/** Pushes under way on the overview; the page of pushes has them all. */
const UNDER_WAY = 10;
const NEXT_ROTATIONS = 5;

/** What an operator sees first. */
export async function readOverview(
  { stack, store, queues, keyManagementUrl, keyDomains }: DeployedBmsc,
  rotations: Rotations,
  { endpoint, isReadOnly }: ConsoleFacts,
): Promise<OverviewView> {
  const [work, underWay, latest, planned] = await Promise.all([
    loadWork(queues),
    readPushes(store, 'under-way', { limit: UNDER_WAY }),
    readPushes(store, 'all', { limit: LATEST + UNDER_WAY }),
    rotations.read(),
  ]);
  const running = new Set(underWay.rows.map(({ pushId }) => pushId));
  const letters = work.deadLetters + work.ruleDeadLetters;
  return {
    deployment: { stack, endpoint, keyManagementUrl, keyDomains },
    isReadOnly,
    work,
    underWay: underWay.rows,
    latest: latest.rows.filter(({ pushId }) => !running.has(pushId)).slice(0, LATEST),
    rotations: planned.rows.slice(0, NEXT_ROTATIONS),
    problems: problemsOf(letters, planned.rows),
    now: planned.now,
  };
}

/** What the page says of the console itself. */
export interface ConsoleFacts {
  readonly endpoint: string | undefined;
  readonly isReadOnly: boolean;
}

function problemsOf(letters: number, rotations: readonly RotationRow[]): OverviewView['problems'] {
  const overdue = rotations.filter(({ isOverdue }) => isOverdue).length;
  return [
    ...(letters === 0
      ? []
      : [
          {
            text: `${letters} dead ${letters === 1 ? 'letter waits' : 'letters wait'}`,
            page: '/dead-letters',
          },
        ]),
    ...(overdue === 0
      ? []
      : [
          {
            text: `${overdue} ${overdue === 1 ? 'rotation is' : 'rotations are'} overdue`,
            page: '/rotations',
          },
        ]),
  ];
}
