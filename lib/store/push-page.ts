import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { optionalNumberOf, textOf } from './attributes.ts';
import { StoreError } from './errors.ts';
import { pushPageKey } from './item-keys.ts';
import { ledgerTtl } from './push.ts';
import { type Item, type ItemKey, keyOf, type Table } from './table.ts';

/** A page of a push: the UEs of one chain from one place to another. */
export interface PageId {
  readonly pushId: string;
  readonly chain: number;
  /** From 0, in the order of the chain. */
  readonly page: number;
}

/** What became of the UEs of a page, by IMPI. */
export interface PageOutcome {
  readonly verified: readonly string[];
  /** Sent a message that asks for no verification. */
  readonly sent: readonly string[];
  /** By reason. */
  readonly failed: Readonly<Record<string, readonly string[]>>;
}

/** A page as it stands in the ledger. */
export interface LedgerPage extends PageId {
  /** Where the page ends, in the terms of the push's source; undefined: it is the last of its chain. */
  readonly end: string | undefined;
  /** undefined until its UEs are through. */
  readonly outcome: PageOutcome | undefined;
}

/** What came of claiming a page. */
export type PageClaim =
  /** It is the caller's to send, up to `end`, which an earlier holder may have set; `verified` have confirmed to that one. */
  | { readonly kind: 'mine'; readonly end: string | undefined; readonly verified: readonly string[] }
  /** Somebody else holds it until `until`, ms since the epoch. */
  | { readonly kind: 'held'; readonly until: number }
  /** It is through. */
  | { readonly kind: 'done'; readonly page: LedgerPage };

/** Who claims a page, and for how long. */
export interface Claimant {
  /** Any text that no other sender has. */
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
  const { Item } = await table.dynamodb.send(
    new GetItemCommand({ TableName: table.tableName, Key: keyOf(keyOfPage(id)), ConsistentRead: true }),
  );
  if (Item === undefined) throw new StoreError('conflict', 'the page was deleted meanwhile');
  const page = pageOfItem(id, Item);
  if (page.outcome !== undefined) return { kind: 'done', page };
  const heldUntil = optionalNumberOf(Item, 'heldUntil') ?? 0;
  if (heldUntil > now) return { kind: 'held', until: heldUntil };
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
  if (isTaken) return { kind: 'mine', end: page.end, verified: notedIn(Item) };
  return { kind: 'held', until: now + leaseMs };
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

/** Gives a claim up without an outcome, so that another sender may claim the page at once. */
export async function releasePage(table: Table, id: PageId, sender: string): Promise<void> {
  await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        UpdateExpression: 'SET heldUntil = :never',
        ConditionExpression: 'heldBy = :sender AND attribute_not_exists(outcome)',
        ExpressionAttributeValues: { ':sender': { S: sender }, ':never': { N: '0' } },
      }),
    ),
  );
}

/**
 * Writes what became of a page, once: where two have sent the same page, the first to be through counts.
 * @returns what stands in the ledger then
 */
export async function putOutcome(table: Table, id: PageId, outcome: PageOutcome): Promise<PageOutcome> {
  const isFirst = await unlessConditionFails(
    table.dynamodb.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyOf(keyOfPage(id)),
        UpdateExpression: 'SET outcome = :outcome REMOVE noted',
        ConditionExpression: 'attribute_not_exists(outcome)',
        ExpressionAttributeValues: { ':outcome': { B: packed(outcome) } },
      }),
    ),
  );
  if (isFirst) return outcome;
  const { Item } = await table.dynamodb.send(
    new GetItemCommand({ TableName: table.tableName, Key: keyOf(keyOfPage(id)), ConsistentRead: true }),
  );
  return (Item && pageOfItem(id, Item).outcome) ?? outcome;
}

/** The pages of a chain after page `after`, or from the first, up to `limit`; those that were claimed, in their order. */
export async function loadPages(
  table: Table,
  pushId: string,
  chain: number,
  { after = -1, limit }: { readonly after?: number; readonly limit: number },
): Promise<readonly LedgerPage[]> {
  const { pk, sk: last } = keyOfPage({ pushId, chain, page: 99_999_999 });
  const { sk: first } = keyOfPage({ pushId, chain, page: after + 1 });
  const { Items = [] } = await table.dynamodb.send(
    new QueryCommand({
      TableName: table.tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':first': { S: first }, ':last': { S: last } },
      Limit: limit,
    }),
  );
  return Items.map((item) =>
    pageOfItem({ pushId, chain, page: Number(textOf(item, 'sk').slice('PAGE#'.length)) }, item),
  );
}

function keyOfPage({ pushId, chain, page }: PageId): ItemKey {
  return pushPageKey(pushId, chain, page);
}

function pageOfItem(id: PageId, item: Item): LedgerPage {
  const outcome = item.outcome?.B;
  return { ...id, end: item.end?.S, outcome: outcome && unpacked(outcome) };
}

function notedIn({ noted }: Item): readonly string[] {
  return noted?.B === undefined ? [] : unpacked(noted.B).verified;
}

/** IMPIs of one page resemble each other: a tenth of their length is left, and 1000 UEs are far from the 400 kB of an item. */
export function packed(outcome: PageOutcome): Uint8Array {
  return deflateRawSync(JSON.stringify(outcome));
}

/** What `packed` made; nothing else writes the attribute. */
export function unpacked(octets: Uint8Array): PageOutcome {
  return JSON.parse(inflateRawSync(octets).toString('utf8')) as PageOutcome;
}

async function unlessConditionFails(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
