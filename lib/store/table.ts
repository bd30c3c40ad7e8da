import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { StoreError } from './errors.ts';

/** A DynamoDB table, and a client that reaches it. */
export interface Table {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}

/** The attributes of one item. */
export type Item = Record<string, AttributeValue>;

/** Primary key of an item. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** BatchGetItem takes at most 100 keys a call. */
export const MAX_BATCH = 100;

const TRIES = 4;
const FIRST_PAUSE_MS = 25;

/** The key in the form of the SDK. */
export function keyOf({ pk, sk }: ItemKey): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** One item, strongly consistent, or undefined. One round trip. */
export async function getItem({ dynamodb, tableName }: Table, key: ItemKey): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: tableName, Key: keyOf(key), ConsistentRead: true });
  return (await dynamodb.send(get)).Item;
}

/** Writes a whole item, whatever stood there before. */
export async function putItem({ dynamodb, tableName }: Table, item: Item): Promise<void> {
  await dynamodb.send(new PutItemCommand({ TableName: tableName, Item: item }));
}

/**
 * Reads up to 100 items, strongly consistent: one round trip unless DynamoDB leaves keys
 * unprocessed. The answer maps `pk` to the item; absent items are absent.
 * @throws StoreError `throttled` when keys stay unprocessed after four tries
 */
export async function batchGet(table: Table, keys: readonly ItemKey[]): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  const distinct = new Map(keys.map((key) => [`${key.pk} ${key.sk}`, keyOf(key)]));
  await batchGetEach(table, [...distinct.values()], (pk, item) => found.set(pk, item));
  return found;
}

/**
 * The same with distinct keys in the form of the SDK. Each item that exists goes to `take`, in any order.
 * @param projection the attributes to read, `pk` among them; undefined: all
 */
export async function batchGetEach(
  table: Table,
  keys: Item[],
  take: (pk: string, item: Item) => void,
  projection?: string,
): Promise<void> {
  let pending = keys;
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === TRIES)
      throw new StoreError('throttled', `${pending.length} items were not read: the table is throttled`);
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** attempt));
    const answer = await table.dynamodb.send(
      new BatchGetItemCommand({
        RequestItems: {
          [table.tableName]: {
            Keys: pending,
            ConsistentRead: true,
            ...(projection !== undefined && { ProjectionExpression: projection }),
          },
        },
      }),
    );
    for (const item of answer.Responses?.[table.tableName] ?? []) {
      const pk = item.pk?.S;
      if (pk !== undefined) take(pk, item);
    }
    pending = answer.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
  }
}
