import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { textOf } from '../attributes.ts';
import { answersKey } from '../item-keys.ts';
import { queryAll } from '../query.ts';
import { keyOf, putItem, type Table } from '../table.ts';
import { ledgerTtl } from './push.ts';
import { type PageOutcome, packed, unpackedOf } from './push-page.ts';

/**
 * Writes the outcomes of UEs that asked for an MSK, in one item.
 * @param id any unique text; `now` is ms since the epoch
 */
export async function putAnswers(
  table: Table,
  { keyDomainId, mskId }: { readonly keyDomainId: KeyDomainId; readonly mskId: MskId },
  outcome: PageOutcome,
  { now, id }: { readonly now: number; readonly id: string },
): Promise<void> {
  await putItem(table, {
    ...keyOf(answersKey(keyDomainId, formatMskId(mskId), `${new Date(now).toISOString()}#${id}`)),
    outcome: { B: packed(outcome) },
    ...ledgerTtl(now),
  });
}

/** Outcomes of UEs that asked for an MSK, the latest first: up to `limit` items, each of many UEs. */
export async function* loadLatestAnswers(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
  limit: number,
): AsyncGenerator<{ readonly at: number; readonly outcome: PageOutcome }> {
  const { pk } = answersKey(keyDomainId, formatMskId(mskId), '');
  for await (const item of queryAll(table, { pk, limit, isDescending: true }))
    yield { at: Date.parse(textOf(item, 'sk').split('#')[0] ?? ''), outcome: unpackedOf(item) };
}

/**
 * The outcomes of UEs that asked for an MSK, in order of time, item by item.
 * @param since ms since the epoch: none recorded earlier
 */
export async function* loadAnswers(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
  since?: number,
): AsyncGenerator<PageOutcome> {
  const { pk } = answersKey(keyDomainId, formatMskId(mskId), '');
  // The sort key begins with the time.
  const [first, last] = since === undefined ? [] : [new Date(since).toISOString(), '~'];
  for await (const item of queryAll(table, { pk, first, last })) yield unpackedOf(item);
}
