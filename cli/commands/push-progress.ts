import type { Push } from '../../lib/store/ledger/push.ts';
import { loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals, type PushTotals } from '../../lib/store/ledger/push-chain.ts';
import { CliError } from '../errors.ts';
import { sayer } from '../output.ts';
import type { DeployedBmsc } from '../stack.ts';

/** How far a push has come at some time, as a person wants to read it. */
export interface PushProgress {
  /** UEs that are through. */
  readonly through: number;
  readonly failed: number;
  /** From 0 to 1; undefined while it is not known how many UEs there are. */
  readonly share: number | undefined;
  /** UEs a second, since it began. */
  readonly perSecond: number;
  /** Seconds; undefined when it can't be said. */
  readonly left: number | undefined;
}

/** How often it is looked, in ms. */
const LOOK_MS = 1000;
/** A push is laid down by a sender: where none runs, it never is. */
const APPEARS_IN_MS = 60_000;
const BAR_WIDTH = 30;

/** Shows how a push goes, from the ledger, until it is through. @throws CliError when no sender takes it up */
export async function watchPush({ store }: DeployedBmsc, pushId: string, json: boolean): Promise<void> {
  const askedAt = Date.now();
  const isTerminal = process.stdout.isTTY === true && !json;
  let told = '';
  for (;;) {
    const push = await loadPush(store, pushId);
    if (push === undefined && Date.now() - askedAt > APPEARS_IN_MS)
      throw new CliError(`no sender has taken up push ${pushId}: do any run?`);
    if (push !== undefined) {
      const totals = await loadTotals(store, push);
      const line = progressLine(push, totals, Date.now());
      const facts = factsOf(push, totals);
      if (isTerminal) process.stdout.write(`\r\u001b[K${line}`);
      else if (JSON.stringify(facts) !== told) sayer(json)(line, facts);
      told = JSON.stringify(facts);
      if (push.completedAt !== undefined) {
        if (isTerminal) process.stdout.write('\n');
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Numbers of a push for programs. */
export function factsOf(push: Push, { verified, sent, failed }: PushTotals): Record<string, unknown> {
  return {
    pushId: push.pushId,
    kind: push.kind,
    startedAt: new Date(push.startedAt).toISOString(),
    ...(push.completedAt === undefined ? {} : { completedAt: new Date(push.completedAt).toISOString() }),
    expected: push.expected,
    verified,
    sent,
    failed,
  };
}

/** What share is done, how fast, and how long it takes yet. `now` is ms since the epoch. */
export function progressOfPush(
  push: Push,
  { verified, sent, failed }: PushTotals,
  now: number,
): PushProgress {
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
  const through = verified + sent + failures;
  const isOver = push.completedAt !== undefined;
  const elapsed = Math.max(0.001, ((push.completedAt ?? now) - push.startedAt) / 1000);
  const perSecond = through / elapsed;
  // An estimate may be too small: what is not through is never called done.
  const share = isOver ? 1 : push.expected === 0 ? undefined : Math.min(0.99, through / push.expected);
  const left = isOver ? 0 : through === 0 ? undefined : Math.max(0, push.expected - through) / perSecond;
  return { through, failed: failures, share, perSecond, left };
}

/** One line: a bar, the share, the numbers, the rate and the time left. */
export function progressLine(push: Push, totals: PushTotals, now: number): string {
  const { through, failed, share, perSecond, left } = progressOfPush(push, totals, now);
  const filled = Math.round((share ?? 0) * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
  const percent = share === undefined ? ' ?? %' : `${Math.floor(share * 100)} %`.padStart(5);
  const reasons = Object.entries(totals.failed).map(([reason, count]) => `${count} ${reason}`);
  const of = push.completedAt === undefined ? ` of about ${push.expected}` : '';
  return [
    `${bar} ${percent}`,
    `${through}${of}`,
    `${totals.verified + totals.sent} delivered`,
    ...(failed === 0 ? [] : [`failed: ${reasons.join(', ')}`]),
    `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`,
    push.completedAt === undefined ? `${left === undefined ? '?' : duration(left)} left` : 'done',
  ].join('  ');
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
