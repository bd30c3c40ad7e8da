import type { Listed, ListOptions } from '../store/catalogue.ts';
import { listPushes, loadPush, type Push } from '../store/ledger/push.ts';
import { loadTotals, type PushTotals } from '../store/ledger/push-chain.ts';
import type { Table } from '../store/table.ts';

/** A push, and the counts of its UEs by outcome. */
export interface PushOverview {
  readonly push: Push;
  readonly totals: PushTotals;
}

/** The progress of a push at some time, in the numbers that a person wants to read. */
export interface PushProgress {
  /** UEs that the push has settled: delivered or failed. */
  readonly settled: number;
  readonly failed: number;
  /** From 0 to 1; undefined while it is not known how many UEs there are. */
  readonly share: number | undefined;
  /** UEs a second, since the push began. */
  readonly perSecond: number;
  /** Seconds until the push is completed; undefined while there is nothing to estimate it from. */
  readonly left: number | undefined;
}

/** A push by its ID; undefined: there is none, or none any more. */
export async function loadPushOverview(table: Table, pushId: string): Promise<PushOverview | undefined> {
  const push = await loadPush(table, pushId);
  return push && { push, totals: await loadTotals(table, push) };
}

/** All pushes of the last 90 days, the latest first, or those that are not completed. */
export async function listPushOverviews(
  table: Table,
  which: 'all' | 'under-way',
  options: ListOptions,
): Promise<Listed<PushOverview>> {
  const { entries, next } = await listPushes(table, which, options);
  const overviews = await Promise.all(
    entries.map(async (push) => ({ push, totals: await loadTotals(table, push) })),
  );
  return { entries: overviews, next };
}

/** What share is done, how fast, and how long the rest takes. `now` is ms since the epoch. */
export function progressOfPush(
  push: Push,
  { verified, sent, failed }: PushTotals,
  now: number,
): PushProgress {
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
  const settled = verified + sent + failures;
  const isCompleted = push.completedAt !== undefined;
  const elapsed = Math.max(0.001, ((push.completedAt ?? now) - push.startedAt) / 1000);
  const perSecond = settled / elapsed;
  // The estimate may be too small: a push is at most 99 % done until it is completed.
  const share = isCompleted
    ? verified + sent === 0
      ? 0
      : 1
    : push.expected === 0
      ? undefined
      : Math.min(0.99, settled / push.expected);
  const left = isCompleted ? 0 : settled === 0 ? undefined : Math.max(0, push.expected - settled) / perSecond;
  return { settled, failed: failures, share, perSecond, left };
}
