import { batches } from '../../batches.ts';
import { optionalNumberOf } from '../attributes.ts';
import { updatedIf } from '../conditional-write.ts';
import { pushChainKey } from '../item-keys.ts';
import { batchGet, getItem, type Item, MAX_BATCH, type Table } from '../table.ts';
import { chainsOf } from './chains.ts';
import { ledgerTtl, type Push } from './push.ts';
import type { LedgerPage, PageOutcome } from './push-page.ts';

/** How many UEs of a push have an outcome, by outcome. */
export interface PushCounts {
  readonly verified: number;
  readonly sent: number;
  readonly failed: Readonly<Record<string, number>>;
}

/** The sum of a push's chains. */
export interface PushTotals extends PushCounts {
  /** Whether every page of every chain is counted. */
  readonly isComplete: boolean;
}

/** What the attributes of failures start with; the reason follows. */
const FAILED = 'failed:';

/**
 * Adds the outcome of a page to the counts of its chain. A repetition adds nothing: the chain's item holds
 * the numbers of its counted pages, which needs no transaction.
 * @returns whether the whole chain is completed
 */
export async function countPage(
  table: Table,
  { pushId, chain, page, end }: Omit<LedgerPage, 'outcome'>,
  outcome: PageOutcome,
  startedAt: number,
): Promise<boolean> {
  const added = Object.entries(attributesOf(countsOf(outcome))).filter(([, count]) => count > 0);
  const names = Object.fromEntries(added.map(([name], index) => [`#count${index}`, name]));
  const values = Object.fromEntries(
    added.map(([, count], index) => [`:count${index}`, { N: String(count) }]),
  );
  const adds = ['done :pages', ...added.map((_, index) => `#count${index} :count${index}`)];
  const sets = ['#ttl = :ttl', ...(end === undefined ? ['lastPage = :page'] : [])];
  const key = pushChainKey(pushId, chain);
  const counted = await updatedIf(table, key, {
    update: `SET ${sets.join(', ')} ADD ${adds.join(', ')}`,
    condition: 'NOT contains(done, :page)',
    names: { ...names, '#ttl': 'ttl' },
    values: {
      ...values,
      ':page': { N: String(page) },
      ':pages': { NS: [String(page)] },
      ...Object.fromEntries(Object.entries(ledgerTtl(startedAt)).map(([name, ttl]) => [`:${name}`, ttl])),
    },
  });
  return isCompleted(counted ?? (await getItem(table, key)) ?? {});
}

/** The counts of a push, strongly consistent: one item of each chain is read. */
export async function loadTotals(
  table: Table,
  { pushId, source }: Pick<Push, 'pushId' | 'source'>,
): Promise<PushTotals> {
  const keys = Array.from({ length: chainsOf(source) }, (_, chain) => pushChainKey(pushId, chain));
  const items: (Item | undefined)[] = [];
  for (const batch of batches(keys, MAX_BATCH)) {
    const found = await batchGet(table, batch);
    items.push(...batch.map(({ pk }) => found.get(pk)));
  }
  const failed: Record<string, number> = {};
  let [verified, sent] = [0, 0];
  for (const item of items) {
    verified += optionalNumberOf(item ?? {}, 'verified') ?? 0;
    sent += optionalNumberOf(item ?? {}, 'sent') ?? 0;
    for (const [name, { N }] of Object.entries(item ?? {})) {
      if (!name.startsWith(FAILED)) continue;
      const reason = name.slice(FAILED.length);
      failed[reason] = (failed[reason] ?? 0) + Number(N);
    }
  }
  return { verified, sent, failed, isComplete: items.every((item) => isCompleted(item ?? {})) };
}

/** How many UEs an outcome lists. */
export function countsOf({ verified, sent, failed }: PageOutcome): PushCounts {
  return {
    verified: verified.length,
    sent: sent.length,
    failed: Object.fromEntries(Object.entries(failed).map(([reason, ues]) => [reason, ues.length])),
  };
}

function attributesOf({ verified, sent, failed }: PushCounts): Record<string, number> {
  const failures = Object.entries(failed).map(([reason, count]) => [FAILED + reason, count]);
  return { verified, sent, ...Object.fromEntries(failures) };
}

function isCompleted(chain: Item): boolean {
  const last = optionalNumberOf(chain, 'lastPage');
  return last !== undefined && (chain.done?.NS?.length ?? 0) === last + 1;
}
