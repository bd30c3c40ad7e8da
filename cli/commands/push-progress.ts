import { setTimeout as delay } from 'node:timers/promises';
import { progressOfPush } from '../../lib/inventory/pushes.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { loadPush, type Push } from '../../lib/store/ledger/push.ts';
import { loadTotals, type PushTotals } from '../../lib/store/ledger/push-chain.ts';
import { findRequestOutcome } from '../../lib/store/ledger/request-outcome.ts';
import { CliError, EXIT, RefusedError } from '../errors.ts';
import { createPrint } from '../output.ts';
import { formatDuration, formatRate, progressBar } from '../progress-bar.ts';
import type { DeployedBmsc } from '../stack.ts';

/** Time between two looks at the ledger, in ms. */
const LOOK_MS = 1000;
/** A sender records a push when it takes the push up: without a running sender, that never happens. */
const APPEARS_IN_MS = 60_000;
/**
 * The same for a push that somebody else has asked for. An ID that is mistyped never appears; that of a push
 * which follows from a rotation or a revocation is printed before a sender has it from the bus.
 */
const OF_OTHERS_APPEARS_IN_MS = 3000;
/** How the line of a completed push ends, by its exit code. */
const ENDS: Readonly<Record<number, string>> = {
  0: 'done',
  [EXIT.failed]: 'reached nobody',
  [EXIT.partly]: 'partly done',
};

/**
 * Prints the progress of a push from the ledger until it is completed.
 * @param isOwn whether this command has asked for it, so that it is known to come
 * @returns the totals at the end
 * @throws RefusedError when it was refused, or somebody else's push is not there
 * @throws CliError when no sender takes it up
 */
export async function watchPush(
  { store }: Pick<DeployedBmsc, 'store'>,
  pushId: string,
  { json, isOwn }: { readonly json: boolean; readonly isOwn: boolean },
): Promise<PushTotals> {
  const askedAt = Date.now();
  const show = progressPrinter(json);
  for (;;) {
    const push = await loadPush(store, pushId);
    if (push === undefined) await throwRefusal(store, pushId);
    if (push === undefined && !isOwn && Date.now() - askedAt > OF_OTHERS_APPEARS_IN_MS)
      throw new RefusedError('unknown-push', `${noPush(pushId)}, or no sender has taken it up yet`);
    if (push === undefined && Date.now() - askedAt > APPEARS_IN_MS)
      throw new CliError(`no sender has taken up push ${pushId} in ${APPEARS_IN_MS / 1000} s: do any run?`);
    if (push !== undefined) {
      const totals = await loadTotals(store, push);
      show(push, totals);
      if (push.completedAt !== undefined) return totals;
    }
    await delay(LOOK_MS);
  }
}

/** That there is no push of this ID. */
export function noPush(pushId: string): string {
  return `there is no push ${pushId}, or none any more`;
}

/** @throws RefusedError when the ledger has the refusal of a push */
export async function throwRefusal(store: KeyStore, pushId: string): Promise<void> {
  const { reason = '', message } = (await findRequestOutcome(store, pushId)) ?? {};
  if (message !== undefined) throw new RefusedError(reason, `push ${pushId} was refused: ${message}`);
}

/**
 * The exit code of a completed push: 0 when it reached all, 3 when it reached some, 1 when it reached
 * nobody.
 */
export function exitCodeOf({ verified, sent, failed }: PushTotals): number {
  if (verified + sent === 0) return EXIT.failed;
  return Object.values(failed).some((count) => count > 0) ? EXIT.partly : 0;
}

/** A terminal gets one line that changes; all else gets a line for each change. */
function progressPrinter(json: boolean): (push: Push, totals: PushTotals) => void {
  const isTerminal = process.stdout.isTTY === true && !json;
  let printed = '';
  return (push, totals) => {
    const line = progressLine(push, totals, Date.now());
    if (isTerminal) {
      process.stdout.write(`\r\u001b[K${line}${push.completedAt === undefined ? '' : '\n'}`);
      return;
    }
    const fields = fieldsOfPush(push, totals);
    if (JSON.stringify(fields) !== printed) createPrint(json)(line, fields);
    printed = JSON.stringify(fields);
  };
}

/** Numbers of a push for programs. */
export function fieldsOfPush(push: Push, { verified, sent, failed }: PushTotals): Record<string, unknown> {
  return {
    pushId: push.pushId,
    kind: push.kind,
    startedAt: new Date(push.startedAt).toISOString(),
    ...(push.completedAt === undefined ? {} : { completedAt: new Date(push.completedAt).toISOString() }),
    ...(push.cancelledAt === undefined ? {} : { cancelledAt: new Date(push.cancelledAt).toISOString() }),
    expected: push.expected,
    verified,
    sent,
    failed,
  };
}

/** One line: a bar, the share, the numbers, the rate and the time left. */
export function progressLine(push: Push, totals: PushTotals, now: number): string {
  const { settled, failed, share, perSecond, left } = progressOfPush(push, totals, now);
  const reasons = Object.entries(totals.failed).map(([reason, count]) => `${count} ${reason}`);
  const of = push.completedAt === undefined ? ` of about ${push.expected}` : '';
  return [
    progressBar(share),
    `${settled}${of}`,
    `${totals.verified + totals.sent} delivered`,
    ...(failed === 0 ? [] : [`failed: ${reasons.join(', ')}`]),
    formatRate(perSecond),
    push.completedAt === undefined
      ? `${left === undefined ? '?' : formatDuration(left)} left`
      : ENDS[exitCodeOf(totals)],
    ...(push.cancelledAt === undefined ? [] : ['cancelled']),
  ].join('  ');
}
