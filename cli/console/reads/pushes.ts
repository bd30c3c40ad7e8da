import {
  listPushOverviews,
  loadPushOverview,
  type PushOverview,
  progressOfPush,
} from '../../../lib/inventory/pushes.ts';
import { formatMskId } from '../../../lib/keys/msk-id.ts';
import type { PushSource } from '../../../lib/store/ledger/push.ts';
import { findRequestOutcome } from '../../../lib/store/ledger/request-outcome.ts';
import type { Table } from '../../../lib/store/table.ts';
import type { Page, PendingPushView, PushRow, PushView } from '../views.ts';
import { type PushSamples, recentRate } from './push-samples.ts';

/** Pushes on one page of the list. */
const ROWS = 25;

/** Pushes under way, or all of the last 90 days with the latest first. */
export async function readPushes(
  table: Table,
  which: 'all' | 'under-way',
  { after, limit = ROWS }: { readonly after?: string | undefined; readonly limit?: number } = {},
): Promise<Page<PushRow>> {
  const { entries, next } = await listPushOverviews(table, which, { after, limit });
  const now = Date.now();
  return { rows: entries.map((overview) => rowOf(overview, now)), next };
}

/** One push as it is now; a request that no sender has taken up is pending, or refused. */
export async function readPush(
  table: Table,
  pushId: string,
  history: PushSamples,
): Promise<PushView | PendingPushView> {
  const overview = await loadPushOverview(table, pushId);
  if (overview === undefined) return { pushId, refused: await refusalOf(table, pushId) };
  const { push, totals } = overview;
  const now = Date.now();
  const row = rowOf(overview, now);
  const { settled, failed, perSecond } = progressOfPush(push, totals, now);
  const at = push.completedAt ?? now;
  const { verified, sent } = totals;
  const samples = history.add(pushId, push.startedAt, { at, verified, sent, failed });
  const rate = push.completedAt === undefined ? recentRate(samples) : perSecond;
  return {
    ...row,
    verification: push.verification !== false,
    perSecond: push.pacing.perSecond,
    rate,
    left: rate === 0 ? undefined : Math.max(0, push.expected - settled) / rate,
    samples,
    now,
  };
}

function rowOf({ push, totals }: PushOverview, now: number): PushRow {
  const { pushId, kind, keyDomainId, mskId, source, startedAt, completedAt, cancelledAt, expected } = push;
  const { settled, share } = progressOfPush(push, totals, now);
  const { verified, sent, failed } = totals;
  return {
    pushId,
    kind,
    keyDomainId,
    mskId: formatMskId(mskId),
    source: textOf(source),
    startedAt,
    completedAt,
    cancelledAt,
    expected,
    waiting: completedAt === undefined ? Math.max(0, expected - settled) : 0,
    share,
    verified,
    sent,
    failed,
  };
}

function textOf(source: PushSource): string {
  if (source.kind === 'listed')
    return source.ues.length === 1 ? '1 listed UE' : `${source.ues.length} listed UEs`;
  if (source.kind === 'undelivered') return `UEs that push ${source.pushId} has given up`;
  return source.services.map(({ serviceId }) => serviceId).join(', ');
}

async function refusalOf(table: Table, pushId: string): Promise<PendingPushView['refused']> {
  const { result, reason = '', message = reason } = (await findRequestOutcome(table, pushId)) ?? {};
  return result === 'refused' ? { reason, message } : undefined;
}
