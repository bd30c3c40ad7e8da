import { parseBtid } from '../../gba/btid.ts';
import { parseImpi } from '../../gba/impi.ts';
import { parsedOf, textOf } from '../attributes.ts';
import { registrationKey, registrationShardKey } from '../item-keys.ts';
import { countItems, type Query, queryAll, queryUnparsed } from '../query.ts';
import type { Item, Table } from '../table.ts';
import { copyOfItem } from './delivery-copy.ts';
import type { RegisteredUe } from './registration.ts';
import { REGISTRATION_SHARDS, type ShardRange } from './shards.ts';
import { readRegistrations } from './written-registrations.ts';

/** The position of a registration in a range: `<shard>/<sort key>`; `<shard>/~` is the end of a shard. */
export type RegistrationPosition = string;

/** Consecutive registrations, and the position of the last; undefined at the end of the range. */
export interface RegistrationPage {
  readonly ues: readonly RegisteredUe[];
  readonly end: RegistrationPosition | undefined;
}

/** Shards that are read in parallel at most: those of a small User Service are mostly empty. */
const PARALLEL_SHARDS = 16;

/**
 * A page of this share of its limit ends with a shard, where the next shard does not fit: what is read of a
 * shard beyond the page is paid for, and read again.
 */
const FULL_SHARE = 0.75;

/** Behind all sort keys of a shard: of a position, it says that the page ends with the shard. */
const END_OF_SHARD = '~';

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
  const start = startAfter(after, range.first);
  const ues: RegisteredUe[] = [];
  const read = { shards: 0, ues: 0 };
  for (let shard = start.shard; shard <= range.last; ) {
    const count = shardsToFill(limit, ues.length, read);
    if (count === 0) return { ues, end: `${shard - 1}/${END_OF_SHARD}` };
    const shards = shardsBetween(shard, Math.min(shard + count - 1, range.last));
    const parts = await Promise.all(
      shards.map((each) =>
        loadPart(table, range.serviceId, {
          pk: registrationShardKey(range.serviceId, each),
          after: each === start.shard ? start.sk : undefined,
          // One beyond: at its limit, DynamoDB does not say whether anything follows.
          limit: limit - ues.length + 1,
          isConsistent: true,
        }),
      ),
    );
    for (const [index, part] of parts.entries()) {
      const each = shards[index] ?? range.last;
      const taken = Math.min(limit - ues.length, part.ues.length);
      for (let ue = 0; ue < taken; ue++) ues.push(part.ues[ue] as RegisteredUe);
      const isWhole = taken === part.ues.length && !part.more;
      const isLast = isWhole && each === range.last;
      // DynamoDB ended the part early, after 1 MB: so does the page.
      if (taken > 0 && !isLast && (ues.length === limit || part.more))
        return { ues, end: `${each}/${isWhole ? END_OF_SHARD : part.sortKeyOf(taken - 1)}` };
      if (each !== start.shard || start.sk === undefined) addTo(read, part.ues.length);
    }
    shard += shards.length;
  }
  return { ues, end: undefined };
}

/** Registrations of one shard, and whether more follow them. */
interface ShardPart {
  readonly ues: readonly RegisteredUe[];
  readonly more: boolean;
  readonly sortKeyOf: (index: number) => string;
}

async function loadPart(table: Table, serviceId: string, query: Query): Promise<ShardPart> {
  const { written, items, more } = await queryUnparsed(table, query);
  const read = written && readRegistrations(written, serviceId);
  if (read !== undefined) {
    const { ues } = read;
    return {
      ...read,
      sortKeyOf: (index) => registrationKey(serviceId, (ues[index] as RegisteredUe).impi).sk,
    };
  }
  const parsed = items();
  return {
    ues: parsed.map((item) => ueOfItem(item, serviceId)),
    more: more(),
    sortKeyOf: (index) => textOf(parsed[index] ?? {}, 'sk'),
  };
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
 * How many shards to read for the rest of a page, by those that were read: one until the first is known, and
 * as many as fit. 0: none fits, and the page is full enough.
 */
function shardsToFill(limit: number, ues: number, read: WholeShards): number {
  if (read.shards === 0) return 1;
  const fitting = Math.floor(((limit - ues) * read.shards) / Math.max(1, read.ues));
  if (fitting === 0 && ues >= limit * FULL_SHARE) return 0;
  return Math.min(PARALLEL_SHARDS, Math.max(1, fitting));
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
  const start = startAfter(after, range.first);
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

/** Where registrations after a position begin. */
function startAfter(
  position: RegistrationPosition | undefined,
  first: number,
): { shard: number; sk: string | undefined } {
  const { shard, sk } = positionOf(position, first);
  return sk === END_OF_SHARD ? { shard: shard + 1, sk: undefined } : { shard, sk };
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
