import { parseBtid } from '../../gba/btid.ts';
import { parseImpi } from '../../gba/impi.ts';
import { textOf } from '../attributes.ts';
import { registrationShardKey } from '../item-keys.ts';
import { countItems, queryAll, queryOnce } from '../query.ts';
import type { Item, Table } from '../table.ts';
import type { RegisteredUe } from './registration.ts';
import { REGISTRATION_SHARDS, type ShardRange } from './shards.ts';

/** The place of a registration in a range: `<shard>/<sort key>`. */
export type RegistrationPlace = string;

/** Registrations that follow each other, and the place of the last; undefined where the range ends. */
export interface RegistrationPage {
  readonly ues: readonly RegisteredUe[];
  readonly end: RegistrationPlace | undefined;
}

/** Shards asked at once, for those of a small User Service are mostly empty. */
const SHARDS_AT_ONCE = 16;

/**
 * The next `limit` registrations after a place, or from the beginning, strongly consistent. A page may hold fewer, and
 * even none, before the range ends.
 */
export async function loadRegistrationPage(
  table: Table,
  range: ShardRange,
  after: RegistrationPlace | undefined,
  limit: number,
): Promise<RegistrationPage> {
  const start = placeOf(after, range.first);
  const ues: RegisteredUe[] = [];
  for (let shard = start.shard; shard <= range.last; shard += SHARDS_AT_ONCE) {
    const shards = shardsBetween(shard, Math.min(shard + SHARDS_AT_ONCE - 1, range.last));
    const pages = await Promise.all(
      shards.map((each) =>
        queryOnce(table, {
          pk: registrationShardKey(range.serviceId, each),
          after: each === start.shard ? start.sk : undefined,
          limit: limit - ues.length,
          isConsistent: true,
        }),
      ),
    );
    for (const [index, { items, more }] of pages.entries()) {
      const room = limit - ues.length;
      ues.push(...items.slice(0, room).map(ueOfItem));
      const last = items[Math.min(room, items.length) - 1];
      const each = shards[index] ?? range.last;
      const isLast = each === range.last;
      if (last !== undefined && ues.length === limit && (more || items.length > room || !isLast))
        return { ues, end: `${each}/${textOf(last, 'sk')}` };
      // DynamoDB ended the page early, after 1 MB: so does this one.
      if (more && last !== undefined) return { ues, end: `${each}/${textOf(last, 'sk')}` };
    }
  }
  return { ues, end: undefined };
}

/** All registrations after a place, or from the beginning, up to and with another, or to the end of the range. */
export async function loadRegistrationsBetween(
  table: Table,
  range: ShardRange,
  after: RegistrationPlace | undefined,
  upTo: RegistrationPlace | undefined,
): Promise<readonly RegisteredUe[]> {
  const start = placeOf(after, range.first);
  const end = upTo === undefined ? { shard: range.last, sk: undefined } : placeOf(upTo, range.first);
  const ues: RegisteredUe[] = [];
  for (const shard of shardsBetween(start.shard, end.shard)) {
    const query = {
      pk: registrationShardKey(range.serviceId, shard),
      after: shard === start.shard ? start.sk : undefined,
      last: shard === end.shard ? end.sk : undefined,
      isConsistent: true,
    };
    for await (const item of queryAll(table, query)) ues.push(ueOfItem(item));
  }
  return ues;
}

/**
 * How many UEs are registered to a User Service: exact while there are less than `exactBelow`, else estimated from
 * the first shard, since the others hold about as many.
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

function ueOfItem(item: Item): RegisteredUe {
  return { impi: parseImpi(textOf(item, 'impi')), btid: parseBtid(textOf(item, 'btid')) };
}

function placeOf(
  place: RegistrationPlace | undefined,
  first: number,
): { shard: number; sk: string | undefined } {
  if (place === undefined) return { shard: first, sk: undefined };
  const slash = place.indexOf('/');
  return { shard: Number(place.slice(0, slash)), sk: place.slice(slash + 1) };
}

function shardsBetween(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
