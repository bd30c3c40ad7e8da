import type { Impi } from '../../gba/impi.ts';

/** The registrations of one User Service are spread over this many partitions, its shards: 0 to 63. */
export const REGISTRATION_SHARDS = 64;

/** Consecutive shards, both ends included. */
export interface Shards {
  readonly first: number;
  readonly last: number;
}

/** Consecutive shards of a User Service's registrations, both ends included. */
export interface ShardRange extends Shards {
  readonly serviceId: string;
}

/**
 * The shard of a UE: FNV-1a over its IMPI. Any even spread would do, but it must never change: registrations
 * would be lost.
 */
export function shardOf(impi: Impi): number {
  let hash = 0x811c9dc5;
  for (const octet of Buffer.from(impi)) hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
  return hash % REGISTRATION_SHARDS;
}

/** Whether the UE's shard is one of these. */
export function isInShards({ first, last }: Shards, impi: Impi): boolean {
  if (last - first === REGISTRATION_SHARDS - 1) return true;
  const shard = shardOf(impi);
  return first <= shard && shard <= last;
}

/** All shards in equal parts: from `atLeast` to twice as many parts, but at most one for each shard. */
export function equalParts(atLeast: number): Shards[] {
  const parts = Math.min(REGISTRATION_SHARDS, 2 ** Math.ceil(Math.log2(Math.max(1, atLeast))));
  const size = REGISTRATION_SHARDS / parts;
  return Array.from({ length: parts }, (_, part) => ({ first: part * size, last: (part + 1) * size - 1 }));
}
