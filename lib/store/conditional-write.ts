import {
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { type Item, type ItemKey, keyOf, type Table } from './table.ts';

/** What changes in an item, and on what condition, in DynamoDB's expressions. */
export interface ItemUpdate {
  readonly update: string;
  readonly condition?: string | undefined;
  readonly names?: Record<string, string>;
  readonly values?: Item;
}

/** Updates an item if its condition holds. @returns whether it did; otherwise nothing is written */
export async function updateIf(table: Table, key: ItemKey, update: ItemUpdate): Promise<boolean> {
  return (await sendUpdate(table, key, update)) !== undefined;
}

/** As `updateIf`. @returns the item as it is then; undefined when the condition does not hold */
export async function updatedIf(table: Table, key: ItemKey, update: ItemUpdate): Promise<Item | undefined> {
  const answer = await sendUpdate(table, key, update, 'ALL_NEW');
  return answer && (answer.Attributes ?? {});
}

/** Writes a whole item if a condition on the one before it holds. @returns whether it did */
export async function putIf(
  { dynamodb, tableName }: Table,
  item: Item,
  condition: string,
  values?: Item,
): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: condition,
    ...(values && { ExpressionAttributeValues: values }),
  });
  return (await unlessConditionFails(dynamodb.send(put))) !== undefined;
}

function sendUpdate(
  { dynamodb, tableName }: Table,
  key: ItemKey,
  { update, condition, names, values }: ItemUpdate,
  returned: 'ALL_NEW' | 'NONE' = 'NONE',
): Promise<UpdateItemCommandOutput | undefined> {
  return unlessConditionFails(
    dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(key),
        UpdateExpression: update,
        ...(condition !== undefined && { ConditionExpression: condition }),
        ...(names && { ExpressionAttributeNames: names }),
        ...(values && { ExpressionAttributeValues: values }),
        ReturnValues: returned,
      }),
    ),
  );
}

async function unlessConditionFails<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
