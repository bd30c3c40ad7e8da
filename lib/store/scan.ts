import { ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { StoreError } from './errors.ts';
import { type Item, type ItemKey, keyOf, type Table } from './table.ts';

/** What a scan of the whole table gives, by the sort keys of the items. */
export interface Scan {
  /** Only items of these sort keys. The others are read all the same, and paid for. */
  readonly sortKeys: readonly string[];
  /** Only items after this one, in the order of the scan; undefined: from the beginning. */
  readonly after?: ItemKey | undefined;
  /** One part of the table of several, which are scanned at the same time; undefined: all of it. */
  readonly segment?: { readonly index: number; readonly of: number } | undefined;
}

/** A part of a scan: the items, and the key of the last item that was read; undefined: the table's end. */
export interface ScannedPart {
  readonly items: readonly Item[];
  readonly end: ItemKey | undefined;
}

/** Items read in one round trip, at most; DynamoDB ends it at 1 MB anyway. */
const ITEMS_PER_READ = 2000;

/** Reads one part of the table. */
export async function scanOnce(table: Table, scan: Scan): Promise<ScannedPart> {
  const { Items = [], LastEvaluatedKey } = await table.dynamodb.send(new ScanCommand(inputOf(table, scan)));
  const { pk, sk } = LastEvaluatedKey ?? {};
  return {
    items: Items,
    end: pk?.S === undefined || sk?.S === undefined ? undefined : { pk: pk.S, sk: sk.S },
  };
}

function inputOf({ tableName }: Table, { sortKeys, after, segment }: Scan): ScanCommandInput {
  const values = Object.fromEntries(sortKeys.map((sk, index) => [`:sk${index}`, { S: sk }]));
  return {
    TableName: tableName,
    FilterExpression: `sk IN (${Object.keys(values).join(', ')})`,
    ExpressionAttributeValues: values,
    Limit: ITEMS_PER_READ,
    ...(segment && { Segment: segment.index, TotalSegments: segment.of }),
    ...(after && { ExclusiveStartKey: keyOf(after) }),
  };
}

/**
 * All items of these sort keys, in no order, from several segments at the same time. It holds one read of
 * each segment.
 */
export async function* scanAll(
  table: Table,
  sortKeys: readonly string[],
  segments: number,
): AsyncGenerator<Item> {
  const reads = new Map<number, Promise<{ readonly index: number; readonly part: ScannedPart }>>();
  const read = (index: number, after?: ItemKey) => {
    const scan = { sortKeys, after, segment: { index, of: segments } };
    reads.set(
      index,
      scanOnce(table, scan).then((part) => ({ index, part })),
    );
  };
  for (let index = 0; index < segments; index++) read(index);
  while (reads.size > 0) {
    const { index, part } = await Promise.race(reads.values());
    reads.delete(index);
    if (part.end !== undefined) read(index, part.end);
    yield* part.items;
  }
}

/** A place in a scan as text, for who reads on later. */
export function formatScanPosition({ pk, sk }: ItemKey): string {
  return Buffer.from(JSON.stringify([pk, sk])).toString('base64url');
}

/** The inverse. @throws StoreError `invalid` */
export function parseScanPosition(text: string): ItemKey {
  try {
    const [pk, sk]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof pk === 'string' && typeof sk === 'string') return { pk, sk };
  } catch {
    // Below.
  }
  throw new StoreError('invalid', 'this is no position of a listing: take the one that the last part gave');
}
