import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { octetsOf } from '../attributes.ts';
import { answersKey } from '../item-keys.ts';
import { type Item, keyOf, type Table } from '../table.ts';
import { ledgerTtl } from './push.ts';
import { type PageOutcome, packed, unpacked } from './push-page.ts';

/** Writes what became of UEs that asked for an MSK: one item for all of them. `place` is any unique text; `now` is ms since the epoch. */
export async function putAnswers(
  table: Table,
  { keyDomainId, mskId }: { readonly keyDomainId: KeyDomainId; readonly mskId: MskId },
  outcome: PageOutcome,
  { now, place }: { readonly now: number; readonly place: string },
): Promise<void> {
  await table.dynamodb.send(
    new PutItemCommand({
      TableName: table.tableName,
      Item: {
        ...keyOf(answersKey(keyDomainId, formatMskId(mskId), `${new Date(now).toISOString()}#${place}`)),
        outcome: { B: packed(outcome) },
        ...ledgerTtl(now),
      },
    }),
  );
}

/** What became of the UEs that asked for an MSK, in order of time, page by page. */
export async function* loadAnswers(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): AsyncGenerator<PageOutcome> {
  for (let start: Item | undefined, more = true; more; more = start !== undefined) {
    const { Items = [], LastEvaluatedKey } = await table.dynamodb.send(
      new QueryCommand({
        TableName: table.tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: answersKey(keyDomainId, formatMskId(mskId), '').pk } },
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    for (const item of Items) yield unpacked(octetsOf(item, 'outcome'));
    start = LastEvaluatedKey;
  }
}
