import { parseBtid } from '../../gba/btid.ts';
import { parseImpi } from '../../gba/impi.ts';
import { parsedOf, textOf } from '../attributes.ts';
import { registrationShardKey } from '../item-keys.ts';
import { countItems, queryAll, queryOnce } from '../query.ts';
import type { Item, Table } from '../table.ts';
import { copyOfItem } from './delivery-copy.ts';
import type { RegisteredUe } from './registration.ts';
import { REGISTRATION_SHARDS, type ShardRange } from './shards.ts';

/** The position of a registration in a range: `<shard>/<sort key>`. */
export type RegistrationPosition = string;

/** Consecutive registrations, and the position of the last; undefined at the end of the range. */
export interface RegistrationPage {
  readonly ues: readonly RegisteredUe[];
  readonly end: RegistrationPosition | undefined;
}

/** Shards that are read in parallel at most: those of a small User Service are mostly empty. */
const PARALLEL_SHARDS = 16;

/**
 * The next `limit` registrations after a position, or from the beginning, strongly consistent. A page before
 * the end of the range may have fewer, or none.
 */
export async function loadRegistrationPage(
  table: Table,
  range: ShardRange,
  after: RegistrationPosition | undefined,
  limit: number,
): Promise<RegistrationPage> {
  const start = positionOf(after, range.first);
  const ues: RegisteredUe[] = [];
  const read = { shards: 0, ues: 0 };
  for (let shard = start.shard; shard <= range.last; ) {
    const shards = shardsBetween(
      shard,
      Math.min(shard + shardsToFill(limit - ues.length, read), range.last + 1) - 1,
    );
    const pages = await Promise.all(
      shards.map((each) =>
        queryOnce(table, {
          pk: registrationShardKey(range.serviceId, each),
          after: each === start.shard ? start.sk : undefined,
          // One beyond: at its limit, DynamoDB does not say whether anything follows.
          limit: limit - ues.length + 1,
          isConsistent: true,
        }),
      ),
    );
    for (const [index, { items, more }] of pages.entries()) {
      const room = limit - ues.length;
      for (const item of items.slice(0, room)) ues.push(ueOfItem(item, range.serviceId));
      const last = items[Math.min(room, items.length) - 1];
      const each = shards[index] ?? range.last;
      const isLast = each === range.last;
      if (last !== undefined && ues.length === limit && (more || items.length > room || !isLast))
        return { ues, end: `${each}/${textOf(last, 'sk')}` };
      // DynamoDB ended the page early, after 1 MB: so does this one.
      if (more && last !== undefined) return { ues, end: `${each}/${textOf(last, 'sk')}` };
      if (each !== start.shard || start.sk === undefined) addTo(read, items.length);
    }
    shard += shards.length;
  }
  return { ues, end: undefined };
}

/** Shards that were read from their beginning to their end, and the UEs in them. */
interface WholeShards {
  shards: number;
  ues: number;
}

function addTo(read: WholeShards, ues: number): void {
  read.shards += 1;
  read.ues += ues;
}

/**
 * How many shards to read for this many UEs, by those that were read: one until the first is known. What is
 * read beyond the page is paid for, and read again for the next.
 */
function shardsToFill(ues: number, read: WholeShards): number {
  if (read.shards === 0) return 1;
  return Math.min(PARALLEL_SHARDS, Math.max(1, Math.ceil((ues * read.shards) / Math.max(1, read.ues))));
}

/**
 * All registrations after a position, or from the beginning, up to another, included, or to the end of the
 * range.
 */
export async function loadRegistrationsBetween(
  table: Table,
  range: ShardRange,
  after: RegistrationPosition | undefined,
  upTo: RegistrationPosition | undefined,
): Promise<readonly RegisteredUe[]> {
  const start = positionOf(after, range.first);
  const end = upTo === undefined ? { shard: range.last, sk: undefined } : positionOf(upTo, range.first);
  const ues: RegisteredUe[] = [];
  for (const shard of shardsBetween(start.shard, end.shard)) {
    const query = {
      pk: registrationShardKey(range.serviceId, shard),
      after: shard === start.shard ? start.sk : undefined,
      last: shard === end.shard ? end.sk : undefined,
      isConsistent: true,
    };
    for await (const item of queryAll(table, query)) ues.push(ueOfItem(item, range.serviceId));
  }
  return ues;
}

/**
 * How many UEs are registered to a User Service: exact below `exactBelow`, else estimated from the first
 * shard, as all shards have about as many.
 */
export async function countRegistrations(
  table: Table,
  serviceId: string,
  exactBelow: number,
): Promise<number> {
  const countOf = (shard: number) => countItems(table, registrationShardKey(serviceId, shard));
  const first = await countOf(0);
  if (first * REGISTRATION_SHARDS >= exactBelow) return first * REGISTRATION_SHARDS;
  const others = shardsBetween(1, REGISTRATION_SHARDS - 1);
  const counts = await Promise.all(others.map(countOf));
  return counts.reduce((sum, count) => sum + count, first);
}

/** @throws StoreError `corrupt-item` */
export function ueOfItem(item: Item, serviceId: string): RegisteredUe {
  const ue = { impi: parsedOf(item, 'impi', parseImpi), btid: parsedOf(item, 'btid', parseBtid) };
  return { ...ue, copy: copyOfItem(item, ue, serviceId) };
}

function positionOf(
  position: RegistrationPosition | undefined,
  first: number,
): { shard: number; sk: string | undefined } {
  if (position === undefined) return { shard: first, sk: undefined };
  const slash = position.indexOf('/');
  return { shard: Number(position.slice(0, slash)), sk: position.slice(slash + 1) };
}

function shardsBetween(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
