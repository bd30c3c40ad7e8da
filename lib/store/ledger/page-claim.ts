import { optionalNumberOf } from '../attributes.ts';
import { putIf, updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { getItem, type Item, keyOf, type Table } from '../table.ts';
import { ledgerTtl } from './push.ts';
import {
  keyOfPage,
  type LedgerPage,
  type PageId,
  type PageOutcome,
  packed,
  pageOfItem,
  unpackedOf,
} from './push-page.ts';

/** What came of claiming a page. */
export type PageClaim =
  /**
   * The caller has the claim and sends the page up to `end`, which an earlier claimant may have set;
   * `verified` have confirmed to that one.
   */
  | { readonly kind: 'mine'; readonly end: string | undefined; readonly verified: readonly string[] }
  /** Another sender has the claim until `until`, ms since the epoch. */
  | { readonly kind: 'held'; readonly until: number }
  /** Its outcome is in the ledger. */
  | { readonly kind: 'done'; readonly page: LedgerPage & { readonly outcome: PageOutcome } };

/** Who claims a page, and for how long. */
export interface Claimant {
  /** Any text that is unique among all claims of all senders. */
  readonly sender: string;
  /** ms since the epoch */
  readonly now: number;
  /** A claim without an outcome expires after this time, in ms. */
  readonly leaseMs: number;
  /** When the push began, ms since the epoch. */
  readonly startedAt: number;
}

/**
 * Claims a page before anything is sent to its UEs. The first claim sets its bounds for good, so that a
 * repetition enqueues the same next page, and no UE stands on two pages. The first claim of a page costs one
 * write.
 */
export async function claimPage(
  table: Table,
  id: PageId,
  end: string | undefined,
  claimant: Claimant,
): Promise<PageClaim> {
  const { sender, now, leaseMs, startedAt } = claimant;
  const isFirst = await putIf(
    table,
    {
      ...keyOf(keyOfPage(id)),
      ...(end === undefined ? {} : { end: { S: end } }),
      heldBy: { S: sender },
      heldUntil: { N: String(now + leaseMs) },
      ...ledgerTtl(startedAt),
    },
    'attribute_not_exists(pk)',
  );
  if (isFirst) return { kind: 'mine', end, verified: [] };
  const known = await readClaim(table, id, claimant);
  if (known.kind !== 'free') return known;
  const { item, heldUntil } = known;
  const isTaken = await updateIf(table, keyOfPage(id), {
    update: 'SET heldBy = :sender, heldUntil = :until',
    condition: 'heldUntil = :seen AND attribute_not_exists(outcome)',
    values: {
      ':sender': { S: sender },
      ':until': { N: String(now + leaseMs) },
      ':seen': { N: String(heldUntil) },
    },
  });
  if (isTaken) return mine(id, item);
  const taken = await readClaim(table, id, claimant);
  // Released in between: the next claim may succeed.
  return taken.kind === 'free' ? { kind: 'held', until: now } : taken;
}

type KnownClaim = PageClaim | { readonly kind: 'free'; readonly item: Item; readonly heldUntil: number };

/** A claim whose answer was lost fails when it is repeated, and belongs to its claimant all the same. */
async function readClaim(table: Table, id: PageId, { sender, now, leaseMs }: Claimant): Promise<KnownClaim> {
  const item = await getItem(table, keyOfPage(id));
  if (item === undefined) throw new StoreError('conflict', 'the page was deleted meanwhile');
  const page = pageOfItem(id, item);
  const { outcome } = page;
  if (outcome !== undefined) return { kind: 'done', page: { ...page, outcome } };
  const heldUntil = optionalNumberOf(item, 'heldUntil') ?? 0;
  if (item.heldBy?.S === sender && heldUntil === now + leaseMs) return mine(id, item);
  return heldUntil > now ? { kind: 'held', until: heldUntil } : { kind: 'free', item, heldUntil };
}

function mine(id: PageId, item: Item): PageClaim {
  return { kind: 'mine', end: pageOfItem(id, item).end, verified: notedIn(item) };
}

/** The claim is the sender's, and the page has no outcome yet. */
const IS_CLAIMED = 'heldBy = :sender AND attribute_not_exists(outcome)';

/**
 * Records the UEs that have confirmed while the page waits for others, so that a repetition of the page
 * leaves them out. It has no effect once the page is settled, or claimed by another.
 */
export async function noteVerified(
  table: Table,
  id: PageId,
  sender: string,
  verified: readonly string[],
): Promise<void> {
  await updateIf(table, keyOfPage(id), {
    update: 'SET noted = :noted',
    condition: IS_CLAIMED,
    values: { ':sender': { S: sender }, ':noted': { B: packed({ verified, sent: [], failed: {} }) } },
  });
}

/**
 * Extends a claim until a later time, ms since the epoch, unless the page is settled or claimed by another.
 */
export async function extendClaim(table: Table, id: PageId, sender: string, until: number): Promise<void> {
  await updateIf(table, keyOfPage(id), {
    update: 'SET heldUntil = :until',
    condition: IS_CLAIMED,
    values: { ':sender': { S: sender }, ':until': { N: String(until) } },
  });
}

/** Gives a claim up without an outcome, so that another sender may claim the page immediately. */
export async function releasePage(table: Table, id: PageId, sender: string): Promise<void> {
  await updateIf(table, keyOfPage(id), {
    // Removes the claimant, so that an extension still under way has no effect.
    update: 'SET heldUntil = :never REMOVE heldBy',
    condition: IS_CLAIMED,
    values: { ':sender': { S: sender }, ':never': { N: '0' } },
  });
}

function notedIn(item: Item): readonly string[] {
  return item.noted === undefined ? [] : unpackedOf(item, 'noted').verified;
}
