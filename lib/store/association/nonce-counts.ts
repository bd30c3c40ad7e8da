import {
  generationOf,
  isNonceCountFresh,
  markNonceCount,
  type NonceCountWindow,
} from '../../http-digest/nonce-count.ts';
import { optionalNumberOf } from '../attributes.ts';
import type { Item } from '../table.ts';

/** A nonce that this BM-SC issued: when (ms since the epoch) and its identifier. */
export interface IssuedNonce {
  readonly id: string;
  readonly issuedAt: number;
}

/** The nonce counts seen under one association, as the item holds them. */
export interface NonceCounts {
  /** Nonces issued at this time or before are used up. */
  readonly nonceFloor: number;
  /** By nonce label. */
  readonly windows: ReadonlyMap<string, NonceCountWindow>;
}

/** What has to be true of the item, and what changes in it, when a nonce count is used. */
export interface NonceCountUpdate {
  readonly conditions: readonly string[];
  readonly add: readonly string[];
  readonly set: readonly string[];
  readonly remove: readonly string[];
  readonly names: Record<string, string>;
  readonly values: Item;
}

/** Nonces of one association that are remembered; the oldest makes room and counts as used up. */
const MAX_NONCES = 16;

/**
 * Attribute names: `nc#<label>#<generation>` is the number set of counts seen, `nf#<label>` the floor of
 * the window. Sets per generation let parallel requests add their counts without a conflict and let a
 * whole generation go when the window slides.
 */
const SEEN = /^nc#([0-9a-z]+-[0-9a-f]+)#([0-9]+)$/;

/** The windows in an association's item. */
export function nonceCountsOf(item: Item): NonceCounts {
  const windows = new Map<string, { floor: number; seen: Set<number> }>();
  for (const [name, value] of Object.entries(item)) {
    const label = SEEN.exec(name)?.[1];
    if (label === undefined) continue;
    const window = windows.get(label) ?? {
      floor: optionalNumberOf(item, `nf#${label}`) ?? 0,
      seen: new Set(),
    };
    for (const count of value.NS ?? []) window.seen.add(Number(count));
    windows.set(label, window);
  }
  return { nonceFloor: optionalNumberOf(item, 'nonceFloor') ?? 0, windows };
}

/** Whether the count was unused when the item was read; the update's condition decides. */
export function isUnused(counts: NonceCounts, nonce: IssuedNonce, nc: number): boolean {
  return (
    nonce.issuedAt > counts.nonceFloor &&
    hasRoom(counts, nonce) &&
    isNonceCountFresh(windowOf(counts, nonce), nc)
  );
}

/**
 * A nonce that is not remembered yet takes the room of an older one; if none is older, it is used up itself.
 */
function hasRoom({ windows }: NonceCounts, nonce: IssuedNonce): boolean {
  if (windows.size < MAX_NONCES || windows.has(labelOf(nonce))) return true;
  return [...windows.keys()].some((label) => issuedAtOf(label) < nonce.issuedAt);
}

/**
 * The part of an update that uses up `nc`, to be merged with what else the same write changes.
 * `expiredBefore` (ms since the epoch): nonces issued earlier are dropped. The floor rises with all that are
 * dropped, because an instance whose clock is behind may still take them for fresh.
 */
export function nonceCountUpdate(
  counts: NonceCounts,
  nonce: IssuedNonce,
  nc: number,
  expiredBefore: number,
): NonceCountUpdate {
  const label = labelOf(nonce);
  const window = windowOf(counts, nonce);
  const next = markNonceCount(window, nc);
  const names: Record<string, string> = {
    '#seen': `nc#${label}#${generationOf(nc)}`,
    '#floor': `nf#${label}`,
  };
  const values: Item = {
    ':ncSet': { NS: [String(nc)] },
    ':nc': { N: String(nc) },
  };
  const conditions = ['NOT contains(#seen, :nc)'];
  const set: string[] = [];
  const dropped: string[] = [];

  if (next.floor > window.floor) {
    values[':floor'] = { N: String(next.floor) };
    values[':knownFloor'] = { N: String(window.floor) };
    set.push('#floor = :floor');
    conditions.push(window.floor === 0 ? 'attribute_not_exists(#floor)' : '#floor = :knownFloor');
    if (window.floor === 0) delete values[':knownFloor'];
    for (const seen of window.seen) if (seen <= next.floor) dropped.push(`nc#${label}#${generationOf(seen)}`);
  } else {
    conditions.push('(attribute_not_exists(#floor) OR #floor < :nc)');
  }

  const evicted = evictedBy(nonce, counts, expiredBefore);
  const last = evicted.at(-1);
  if (last === undefined) {
    values[':issuedAt'] = { N: String(nonce.issuedAt) };
    conditions.push('(attribute_not_exists(nonceFloor) OR nonceFloor < :issuedAt)');
  } else {
    // A floor that a parallel request raised higher must not be lowered: what it dropped could be used again.
    values[':nonceFloor'] = { N: String(issuedAtOf(last)) };
    set.push('nonceFloor = :nonceFloor');
    conditions.push('(attribute_not_exists(nonceFloor) OR nonceFloor <= :nonceFloor)');
  }
  for (const other of evicted) {
    for (const seen of counts.windows.get(other)?.seen ?? [])
      dropped.push(`nc#${other}#${generationOf(seen)}`);
    dropped.push(`nf#${other}`);
  }
  const remove = [...new Set(dropped)].map((name, index) => {
    names[`#dropped${index}`] = name;
    return `#dropped${index}`;
  });
  return { conditions, add: ['#seen :ncSet'], set, remove, names, values };
}

/** The labels of older nonces that are expired, or that make room for this one; oldest first. */
function evictedBy(nonce: IssuedNonce, { windows }: NonceCounts, expiredBefore: number): string[] {
  const others = [...windows.keys()].filter((other) => other !== labelOf(nonce)).sort(byIssue);
  const excess = others.length - MAX_NONCES + 1;
  return others.filter(
    (other, index) =>
      issuedAtOf(other) < nonce.issuedAt && (index < excess || issuedAtOf(other) < expiredBefore),
  );
}

/** Starts with the time of issue in fixed width, so that labels sort by age. */
function labelOf({ id, issuedAt }: IssuedNonce): string {
  return `${issuedAt.toString(36).padStart(9, '0')}-${id}`;
}

function issuedAtOf(label: string): number {
  return Number.parseInt(label.slice(0, 9), 36);
}

function byIssue(one: string, other: string): number {
  return one < other ? -1 : 1;
}

function windowOf(counts: NonceCounts, nonce: IssuedNonce): NonceCountWindow {
  return counts.windows.get(labelOf(nonce)) ?? { floor: 0, seen: new Set() };
}
