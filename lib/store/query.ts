import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { type Item, keyOf, type Table } from './table.ts';
import { writtenOf } from './written-answer.ts';

/** Items of one partition, in the order of their sort keys. */
export interface Query {
  readonly pk: string;
  /** Sort keys from `first` to `last`, both included; undefined: no bound. `first` needs `last`. */
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  /** Only items after this sort key. */
  readonly after?: string | undefined;
  /** At most this many items. */
  readonly limit?: number | undefined;
  readonly isConsistent?: boolean;
  readonly isDescending?: boolean;
}

/** All items of a query, however many answers they take: DynamoDB ends an answer at 1 MB. */
export async function* queryAll(table: Table, query: Query): AsyncGenerator<Item> {
  let { limit } = query;
  let start = startOf(query);
  do {
    const { Items = [], LastEvaluatedKey } = await table.dynamodb.send(
      new QueryCommand(inputOf(table, query, start, limit)),
    );
    yield* Items;
    start = LastEvaluatedKey;
    if (limit !== undefined) limit -= Items.length;
  } while (start !== undefined && limit !== 0);
}

/** The items of one answer, which ends at `limit` or at 1 MB, and whether more follow. */
export async function queryOnce(
  table: Table,
  query: Query,
): Promise<{ items: readonly Item[]; more: boolean }> {
  const { Items = [], LastEvaluatedKey } = await table.dynamodb.send(
    new QueryCommand(inputOf(table, query, startOf(query), query.limit)),
  );
  return { items: Items, more: LastEvaluatedKey !== undefined };
}

/** One answer, of which the items are parsed when they are asked for. */
export interface QueryAnswer {
  /** The JSON of the whole answer, where the client keeps it. */
  readonly written: Uint8Array | undefined;
  readonly items: () => readonly Item[];
  readonly more: () => boolean;
}

/** As `queryOnce`. */
export async function queryUnparsed(table: Table, query: Query): Promise<QueryAnswer> {
  const answer = await table.dynamodb.send(
    new QueryCommand(inputOf(table, query, startOf(query), query.limit)),
  );
  return {
    written: writtenOf(answer),
    items: () => answer.Items ?? [],
    more: () => answer.LastEvaluatedKey !== undefined,
  };
}

/** How many items a partition has. */
export async function countItems(table: Table, pk: string): Promise<number> {
  let count = 0;
  let start: Item | undefined;
  do {
    const { Count = 0, LastEvaluatedKey } = await table.dynamodb.send(
      new QueryCommand({ ...inputOf(table, { pk }, start, undefined), Select: 'COUNT' }),
    );
    count += Count;
    start = LastEvaluatedKey;
  } while (start !== undefined);
  return count;
}

function startOf({ pk, after }: Query): Item | undefined {
  return after === undefined ? undefined : keyOf({ pk, sk: after });
}

function inputOf(
  { tableName }: Table,
  { pk, first, last, isConsistent, isDescending }: Query,
  start: Item | undefined,
  limit: number | undefined,
): QueryCommandInput {
  const bound =
    last === undefined ? '' : first === undefined ? ' AND sk <= :last' : ' AND sk BETWEEN :first AND :last';
  return {
    TableName: tableName,
    KeyConditionExpression: `pk = :pk${bound}`,
    ExpressionAttributeValues: {
      ':pk': { S: pk },
      ...(last !== undefined && { ':last': { S: last } }),
      ...(last !== undefined && first !== undefined && { ':first': { S: first } }),
    },
    ...(isConsistent && { ConsistentRead: true }),
    ...(isDescending && { ScanIndexForward: false }),
    ...(limit !== undefined && { Limit: limit }),
    ...(start && { ExclusiveStartKey: start }),
  };
}
