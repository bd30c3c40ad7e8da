import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { textOf } from '../attributes.ts';
import { pushPageKey } from '../item-keys.ts';
import { type Item, type ItemKey, keyOf, type Table } from '../table.ts';

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
  const items: Item[] = [];
  // DynamoDB ends an answer at 1 MB: fewer pages than asked for need not be the last.
  for (let start: Item | undefined, more = true; more; ) {
    const { Items = [], LastEvaluatedKey } = await table.dynamodb.send(
      new QueryCommand({
        TableName: table.tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':first': { S: first }, ':last': { S: last } },
        Limit: limit - items.length,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    items.push(...Items);
    start = LastEvaluatedKey;
    more = start !== undefined && items.length < limit;
  }
  return items.map((item) =>
    pageOfItem({ pushId, chain, page: Number(textOf(item, 'sk').slice('PAGE#'.length)) }, item),
  );
}

/** Where a page stands. */
export function keyOfPage({ pushId, chain, page }: PageId): ItemKey {
  return pushPageKey(pushId, chain, page);
}

/** A page as its item has it. */
export function pageOfItem(id: PageId, item: Item): LedgerPage {
  const outcome = item.outcome?.B;
  return { ...id, end: item.end?.S, outcome: outcome && unpacked(outcome) };
}

/** IMPIs of one page resemble each other: a tenth of their length is left, and 1000 UEs are far from the 400 kB of an item. */
export function packed(outcome: PageOutcome): Uint8Array {
  return deflateRawSync(JSON.stringify(outcome));
}

/** What `packed` made; nothing else writes the attribute. */
export function unpacked(octets: Uint8Array): PageOutcome {
  return JSON.parse(inflateRawSync(octets).toString('utf8')) as PageOutcome;
}

/** Whether a conditional write was done. */
export async function unlessConditionFails(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
