import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';

const dynamodb = new DynamoDBClient({});

/** The least that a function on this table can be: the baseline of the cold start. */
export async function handler(): Promise<unknown> {
  const Keys = [{ pk: { S: 'B-TID#nobody' }, sk: { S: 'ASSOCIATION' } }];
  const { Responses } = await dynamodb.send(
    new BatchGetItemCommand({ RequestItems: { [process.env[SENDER_VARIABLE.tableName] ?? '']: { Keys } } }),
  );
  return { statusCode: 401, found: Object.keys(Responses ?? {}).length };
}
