import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { optionalNumberOf } from '../attributes.ts';
import { StoreError } from '../errors.ts';
import { type Item, keyOf, type Table } from '../table.ts';
import { ledgerTtl } from './push.ts';
import {
  keyOfPage,
  type LedgerPage,
  type PageId,
  type PageOutcome,
  packed,
  pageOfItem,
  unlessConditionFails,
  unpacked,
} from './push-page.ts';

/** What came of claiming a page. */
export type PageClaim =
  /** It is the caller's to send, up to `end`, which an earlier holder may have set; `verified` have confirmed to that one. */
  | { readonly kind: 'mine'; readonly end: string | undefined; readonly verified: readonly string[] }
  /** Somebody else holds it until `until`, ms since the epoch. */
  | { readonly kind: 'held'; readonly until: number }
  /** Its outcome is in the ledger. */
  | { readonly kind: 'done'; readonly page: LedgerPage & { readonly outcome: PageOutcome } };

/** Who claims a page, and for how long. */
export interface Claimant {
  /** Any text that no other sender has, nor the same one for another claim. */
  readonly sender: string;
  /** ms since the epoch */
  readonly now: number;
  /** A claim that is not given up and brings no outcome is void after so long, in ms. */
  readonly leaseMs: number;
  /** When the push began, ms since the epoch. */
  readonly startedAt: number;
}

/**
 * Claims a page before its UEs are sent anything. The first claim sets its bounds for good, so that whoever
 * repeats it hands on the same next page, and no UE stands on two pages. One write where nobody had it before.
 */
export async function claimPage(
  table: Table,
  id: PageId,
  end: string | undefined,
  claimant: Claimant,
): Promise<PageClaim> {
  const { sender, now, leaseMs, startedAt } = claimant;
  const isFirst = await unlessConditionFails(
    table.dynamodb.send(
      new PutItemCommand({
        TableName: table.tableName,
        Item: {
          ...keyOf(keyOfPage(id)),
          ...(end === undefined ? {} : { end: { S: end } }),
          heldBy: { S: sender },
          heldUntil: { N: String(now + leaseMs) },
          ...ledgerTtl(startedAt),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
  if (isFirst) return { kind: 'mine', end, verified: [] };
  const known = await readClaim(table, id, claimant);
  if (known.kind !== 'free') return known;
  const { item, heldUntil } = known;
  const isTaken = await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        UpdateExpression: 'SET heldBy = :sender, heldUntil = :until',
        ConditionExpression: 'heldUntil = :seen AND attribute_not_exists(outcome)',
        ExpressionAttributeValues: {
          ':sender': { S: sender },
          ':until': { N: String(now + leaseMs) },
          ':seen': { N: String(heldUntil) },
        },
      }),
    ),
  );
  if (isTaken) return mine(id, item);
  const taken = await readClaim(table, id, claimant);
  // Given up again in between: whoever asks next may have it.
  return taken.kind === 'free' ? { kind: 'held', until: now } : taken;
}

type KnownClaim = PageClaim | { readonly kind: 'free'; readonly item: Item; readonly heldUntil: number };

/** A claim whose answer was lost is refused when it is tried again, and is the claimant's all the same. */
async function readClaim(table: Table, id: PageId, { sender, now, leaseMs }: Claimant): Promise<KnownClaim> {
  const { Item } = await table.dynamodb.send(
    new GetItemCommand({ TableName: table.tableName, Key: keyOf(keyOfPage(id)), ConsistentRead: true }),
  );
  if (Item === undefined) throw new StoreError('conflict', 'the page was deleted meanwhile');
  const page = pageOfItem(id, Item);
  const { outcome } = page;
  if (outcome !== undefined) return { kind: 'done', page: { ...page, outcome } };
  const heldUntil = optionalNumberOf(Item, 'heldUntil') ?? 0;
  if (Item.heldBy?.S === sender && heldUntil === now + leaseMs) return mine(id, Item);
  return heldUntil > now ? { kind: 'held', until: heldUntil } : { kind: 'free', item: Item, heldUntil };
}

function mine(id: PageId, item: Item): PageClaim {
  return { kind: 'mine', end: pageOfItem(id, item).end, verified: notedIn(item) };
}

/**
 * Notes who has confirmed while the rest of a page is still waited for, so that whoever repeats the page leaves them out.
 * It has no effect once the page is through, or somebody else holds it.
 */
export async function noteVerified(
  table: Table,
  id: PageId,
  sender: string,
  verified: readonly string[],
): Promise<void> {
  await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        UpdateExpression: 'SET noted = :noted',
        ConditionExpression: 'heldBy = :sender AND attribute_not_exists(outcome)',
        ExpressionAttributeValues: {
          ':sender': { S: sender },
          ':noted': { B: packed({ verified, sent: [], failed: {} }) },
        },
      }),
    ),
  );
}

/** Holds a claim until a later time, ms since the epoch, unless the page is through or somebody else holds it. */
export async function extendClaim(table: Table, id: PageId, sender: string, until: number): Promise<void> {
  await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        UpdateExpression: 'SET heldUntil = :until',
        ConditionExpression: 'heldBy = :sender AND attribute_not_exists(outcome)',
        ExpressionAttributeValues: { ':sender': { S: sender }, ':until': { N: String(until) } },
      }),
    ),
  );
}

/** Gives a claim up without an outcome, so that another sender may claim the page at once. */
export async function releasePage(table: Table, id: PageId, sender: string): Promise<void> {
  await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        // Without a holder, so that what extends the claim and is still under way has no effect.
        UpdateExpression: 'SET heldUntil = :never REMOVE heldBy',
        ConditionExpression: 'heldBy = :sender AND attribute_not_exists(outcome)',
        ExpressionAttributeValues: { ':sender': { S: sender }, ':never': { N: '0' } },
      }),
    ),
  );
}

function notedIn({ noted }: Item): readonly string[] {
  return noted?.B === undefined ? [] : unpacked(noted.B).verified;
}
