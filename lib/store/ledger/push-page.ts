import { deflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { inflatedOf, textOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { pushPageKey } from '../item-keys.ts';
import { queryAll } from '../query.ts';
import { getItem, type Item, type ItemKey, type Table } from '../table.ts';

/** A page of a push: consecutive UEs of one chain. */
export interface PageId {
  readonly pushId: string;
  readonly chain: number;
  /** From 0, in the order of the chain. */
  readonly page: number;
}

/** The outcomes of the UEs of a page, by IMPI. */
export interface PageOutcome {
  readonly verified: readonly string[];
  /** UEs that were sent a message without the V-bit. */
  readonly sent: readonly string[];
  /** By reason. */
  readonly failed: Readonly<Record<string, readonly string[]>>;
}

/** A page as it stands in the ledger. */
export interface LedgerPage extends PageId {
  /** Where the page ends, as the push's source counts; undefined: it is the last of its chain. */
  readonly end: string | undefined;
  /** undefined until the page is settled. */
  readonly outcome: PageOutcome | undefined;
}

/**
 * Writes the outcome of a page, once: if two senders have sent the same page, the first outcome counts.
 * @returns the outcome that the ledger has then
 */
export async function putOutcome(table: Table, id: PageId, outcome: PageOutcome): Promise<PageOutcome> {
  const isFirst = await updateIf(table, keyOfPage(id), {
    update: 'SET outcome = :outcome REMOVE noted',
    condition: 'attribute_not_exists(outcome)',
    values: { ':outcome': { B: packed(outcome) } },
  });
  if (isFirst) return outcome;
  const item = await getItem(table, keyOfPage(id));
  return (item && pageOfItem(id, item).outcome) ?? outcome;
}

/** The claimed pages of a chain after page `after`, or from the first: at most `limit`, in their order. */
export async function loadPages(
  table: Table,
  pushId: string,
  chain: number,
  { after = -1, limit }: { readonly after?: number; readonly limit: number },
): Promise<readonly LedgerPage[]> {
  const { pk, sk: last } = keyOfPage({ pushId, chain, page: 99_999_999 });
  const { sk: first } = keyOfPage({ pushId, chain, page: after + 1 });
  const pages: LedgerPage[] = [];
  for await (const item of queryAll(table, { pk, first, last, limit, isConsistent: true })) {
    const page = Number(textOf(item, 'sk').slice('PAGE#'.length));
    pages.push(pageOfItem({ pushId, chain, page }, item));
  }
  return pages;
}

/** The primary key of a page. */
export function keyOfPage({ pushId, chain, page }: PageId): ItemKey {
  return pushPageKey(pushId, chain, page);
}

/** The page of an item. @throws StoreError `corrupt-item` */
export function pageOfItem(id: PageId, item: Item): LedgerPage {
  return { ...id, end: item.end?.S, outcome: item.outcome && unpackedOf(item) };
}

/**
 * An outcome as octets. The IMPIs of a page resemble each other and shrink to a tenth: 4000 UEs are far from
 * the 400 kB of an item.
 */
export function packed(outcome: PageOutcome): Uint8Array {
  return deflateRawSync(JSON.stringify(outcome));
}

const outcomeSchema = v.object({
  verified: v.array(v.string()),
  sent: v.array(v.string()),
  failed: v.record(v.string(), v.array(v.string())),
});

/** The outcome that `packed` made an attribute of. @throws StoreError `corrupt-item` */
export function unpackedOf(item: Item, name: 'outcome' | 'noted' = 'outcome'): PageOutcome {
  return inflatedOf(item, name, outcomeSchema);
}
