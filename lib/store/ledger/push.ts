import { deflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { type Pacing, pacing } from '../../events/contracts.ts';
import type { Impi } from '../../gba/impi.ts';
import { type KeyDomainId, parseKeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId, parseMskId } from '../../keys/msk-id.ts';
import { inflatedOf, numberOf, optionalNumberOf, parsedOf, textOf } from '../attributes.ts';
import {
  enterInCatalogue,
  type Listed,
  type ListOptions,
  listCatalogue,
  strikeFromCatalogue,
} from '../catalogue.ts';
import { putIf, updatedIf, updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { pushKey, pushOfMskKey } from '../item-keys.ts';
import { queryAll } from '../query.ts';
import { batchGet, getItem, type Item, keyOf, putItem, type Table } from '../table.ts';

/** Where a push finds its UEs. A chain is a series of consecutive pages; chains are sent in parallel. */
export type PushSource =
  /** Those that its event lists, each once: one chain of one page. */
  | { readonly kind: 'listed'; readonly ues: readonly Impi[] }
  /** Those registered to User Services; each UE belongs to the first of them that it is registered to. */
  | { readonly kind: 'services'; readonly services: readonly ServiceChains[] }
  /** Those that an earlier push did not reach, chain by chain of that push. */
  | { readonly kind: 'undelivered'; readonly pushId: string; readonly chains: number };

/** A push or a group solicited pull, as it is recorded before its first page is sent. */
export interface Push {
  readonly pushId: string;
  readonly kind: 'msk' | 'solicited-pull';
  readonly keyDomainId: KeyDomainId;
  /** Key Number 0x0 in a solicited pull only. */
  readonly mskId: MskId;
  readonly verification: boolean | undefined;
  readonly pacing: Pacing;
  readonly source: PushSource;
  readonly correlationId: string;
  /** ms since the epoch */
  readonly startedAt: number;
  /** UEs when it began, as `countRegistrations` has them. */
  readonly expected: number;
  /** ms since the epoch; undefined while it runs */
  readonly completedAt?: number | undefined;
  /** When it was cancelled, ms since the epoch; undefined: it was not */
  readonly cancelledAt?: number | undefined;
  /** Of the request that it was recorded for; a push of an earlier release has none. */
  readonly requestDigest?: string | undefined;
}

/** A User Service, and in how many chains its registrations are read. */
export interface ServiceChains {
  readonly serviceId: string;
  readonly chains: number;
}

/** How long a push and its pages are kept: 90 days, in ms. */
export const LEDGER_KEPT_MS = 90 * 24 * 3600 * 1000;

/** When DynamoDB deletes what belongs to a push that began at `startedAt`, ms since the epoch. */
export const ledgerTtl = (startedAt: number): Item => ({
  ttl: { N: String(Math.ceil((startedAt + LEDGER_KEPT_MS) / 1000)) },
});

/**
 * Records a push, so that a repeated event starts no second one.
 * @returns the push of this ID that the ledger has then: this one, or an earlier one
 */
export async function putPush(table: Table, push: Push): Promise<Push> {
  const position = positionOfPush(push);
  // Before the push itself: if this process ends in between, a listing without a push does no harm, but a
  // push without a listing would never be found.
  const listed = { pushId: { S: push.pushId }, ...ledgerTtl(push.startedAt) };
  await Promise.all([
    putItem(table, {
      ...keyOf(pushOfMskKey(push.keyDomainId, formatMskId(push.mskId), position)),
      ...listed,
    }),
    enterInCatalogue(table, 'PUSHES', position, listed),
    enterInCatalogue(table, 'PUSHES-UNDER-WAY', push.pushId, listed),
  ]);
  if (await putIf(table, itemOfPush(push), 'attribute_not_exists(pk)')) return push;
  const known = await loadPush(table, push.pushId);
  if (known === undefined) throw new StoreError('conflict', 'the push was deleted meanwhile');
  return known;
}

/** Where a push stands among others: by the time of its beginning. */
export function positionOfPush({ startedAt, pushId }: Pick<Push, 'startedAt' | 'pushId'>): string {
  return `${new Date(startedAt).toISOString()}#${pushId}`;
}

/** A push by its ID, strongly consistent, or undefined. One round trip. */
export async function loadPush(table: Table, pushId: string): Promise<Push | undefined> {
  const item = await getItem(table, pushKey(pushId));
  return item && pushOfItem(item);
}

/**
 * The IDs of the pushes of one MSK that the ledger has, the latest first. Key Number 0x0: the solicited pulls
 * of its Key Group.
 */
export async function listPushesOfMsk(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): Promise<readonly string[]> {
  // Two senders may both have listed a push that one of them recorded.
  const ids = new Set<string>();
  const { pk } = pushOfMskKey(keyDomainId, formatMskId(mskId), '');
  for await (const item of queryAll(table, { pk, isDescending: true })) ids.add(textOf(item, 'pushId'));
  return [...ids];
}

/** All pushes of the last 90 days, the latest first, or those that are not completed. */
export async function listPushes(
  table: Table,
  which: 'all' | 'under-way',
  options: ListOptions,
): Promise<Listed<Push>> {
  const kind = which === 'all' ? 'PUSHES' : 'PUSHES-UNDER-WAY';
  const { entries, next } = await listCatalogue(table, kind, { ...options, isDescending: which === 'all' });
  const ids = [...new Set(entries.map((entry) => textOf(entry, 'pushId')))];
  const items = await batchGet(table, ids.map(pushKey));
  const found = ids.flatMap((id) => {
    const item = items.get(pushKey(id).pk);
    return item === undefined ? [] : [pushOfItem(item)];
  });
  // A sender that ended in between has left its push under way.
  const pushes = which === 'all' ? found : found.filter(({ completedAt }) => completedAt === undefined);
  return { entries: pushes, next };
}

/** Marks a push completed. @returns the time of its completion, ms since the epoch: that of the first call */
export async function completePush(table: Table, pushId: string, now: number): Promise<number> {
  const push = await updatedIf(table, pushKey(pushId), {
    update: 'SET completedAt = if_not_exists(completedAt, :now)',
    values: { ':now': { N: String(now) } },
  });
  await strikeFromCatalogue(table, 'PUSHES-UNDER-WAY', pushId);
  return numberOf(push ?? {}, 'completedAt');
}

/** Whether this caller reports the progress of a push: one of all callers within `everyMs`. */
export function claimProgressReport(
  table: Table,
  pushId: string,
  now: number,
  everyMs: number,
): Promise<boolean> {
  return updateIf(table, pushKey(pushId), {
    update: 'SET progressedAt = :now',
    condition:
      'attribute_exists(pk) AND attribute_not_exists(completedAt) AND (attribute_not_exists(progressedAt) OR progressedAt < :before)',
    values: { ':now': { N: String(now) }, ':before': { N: String(now - everyMs) } },
  });
}

function itemOfPush(push: Push): Item {
  const { verification, completedAt, requestDigest } = push;
  return {
    ...keyOf(pushKey(push.pushId)),
    pushId: { S: push.pushId },
    kind: { S: push.kind },
    keyDomainId: { S: push.keyDomainId },
    mskId: { S: formatMskId(push.mskId) },
    ...(verification === undefined ? {} : { verification: { BOOL: verification } }),
    pacing: { S: JSON.stringify(push.pacing) },
    source: { B: deflateRawSync(JSON.stringify(push.source)) },
    correlationId: { S: push.correlationId },
    startedAt: { N: String(push.startedAt) },
    expected: { N: String(push.expected) },
    ...(completedAt === undefined ? {} : { completedAt: { N: String(completedAt) } }),
    ...(requestDigest === undefined ? {} : { requestDigest: { S: requestDigest } }),
    ...ledgerTtl(push.startedAt),
  };
}

const impis = v.array(v.custom<Impi>(isText));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const sourceSchema = v.variant('kind', [
  v.object({ kind: v.literal('listed'), ues: impis }),
  v.object({
    kind: v.literal('services'),
    services: v.array(v.object({ serviceId: v.string(), chains: count })),
  }),
  v.object({ kind: v.literal('undelivered'), pushId: v.string(), chains: count }),
]);

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** @throws StoreError `corrupt-item` */
export function pushOfItem(item: Item): Push {
  return {
    pushId: textOf(item, 'pushId'),
    kind: textOf(item, 'kind') === 'msk' ? 'msk' : 'solicited-pull',
    keyDomainId: parsedOf(item, 'keyDomainId', parseKeyDomainId),
    mskId: parsedOf(item, 'mskId', parseMskId),
    verification: item.verification?.BOOL,
    pacing: parsedOf(item, 'pacing', (text) => v.parse(pacing, JSON.parse(text))),
    source: inflatedOf(item, 'source', sourceSchema),
    correlationId: textOf(item, 'correlationId'),
    startedAt: numberOf(item, 'startedAt'),
    expected: numberOf(item, 'expected'),
    completedAt: optionalNumberOf(item, 'completedAt'),
    cancelledAt: optionalNumberOf(item, 'cancelledAt'),
    requestDigest: item.requestDigest?.S,
  };
}
