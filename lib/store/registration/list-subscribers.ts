import { keyOfItem } from '../attributes.ts';
import type { Listed, ListOptions } from '../catalogue.ts';
import { subscriberKey } from '../item-keys.ts';
import { formatScanPosition, parseScanPosition, scanAll, scanOnce } from '../scan.ts';
import type { Table } from '../table.ts';
import { type Subscriber, subscriberOfItem } from './subscriber.ts';

/** Round trips of one part, at most: a table of many other items gives a part with fewer subscribers. */
const MAX_READS = 10;

const SUBSCRIBER = subscriberKey('' as Parameters<typeof subscriberKey>[0]).sk;

/**
 * Subscribers in no particular order, up to `limit`, perhaps fewer. It scans the table, part by part: a
 * subscriber is an item among others, and an index would cost a write for each of millions.
 * @throws StoreError `invalid` for an `after` that no part has given
 */
export async function listSubscribers(
  table: Table,
  { after, limit }: ListOptions,
): Promise<Listed<Subscriber>> {
  const entries: Subscriber[] = [];
  let position = after === undefined ? undefined : parseScanPosition(after);
  for (let reads = 0; reads < MAX_READS; reads++) {
    const { items, end } = await scanOnce(table, { sortKeys: [SUBSCRIBER], after: position });
    for (const item of items) {
      entries.push(subscriberOfItem(item));
      if (entries.length === limit) return { entries, next: formatScanPosition(keyOfItem(item)) };
    }
    if (end === undefined) return { entries, next: undefined };
    position = end;
  }
  return { entries, next: position && formatScanPosition(position) };
}

/** Segments of the table that are read at the same time. */
const SEGMENTS = 8;

/** All subscribers in no particular order, by one scan of the table, in bounded memory. */
export async function* allSubscribers(table: Table): AsyncGenerator<Subscriber> {
  for await (const item of scanAll(table, [SUBSCRIBER], SEGMENTS)) yield subscriberOfItem(item);
}
