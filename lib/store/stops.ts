import { type Impi, parseImpi } from '../gba/impi.ts';
import { type KeyDomainId, parseKeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId, parseMskId } from '../keys/msk-id.ts';
import { parsedOf, textOf } from './attributes.ts';
import { stopKey } from './item-keys.ts';
import { queryAll } from './query.ts';
import { type Item, keyOf, putItem, type Table } from './table.ts';

/** What senders learn while they send: what they have in hand was read before. */
export type Stop =
  | { readonly kind: 'push-cancelled'; readonly pushId: string }
  | { readonly kind: 'subscriber-blocked'; readonly impi: Impi }
  | { readonly kind: 'subscriber-unblocked'; readonly impi: Impi }
  | { readonly kind: 'msk-revoked'; readonly keyDomainId: KeyDomainId; readonly mskId: MskId };

/** A stop, and when it was told: ms since the epoch. */
export type ToldStop = Stop & { readonly at: number };

/** How long a stop is kept, in ms: a sender reads it within seconds, and what it reads later is changed. */
const KEPT_MS = 24 * 3600 * 1000;

/**
 * Tells all senders to stop something, or that it may go on.
 * @param id any unique text; `now` is ms since the epoch
 */
export async function putStop(
  table: Table,
  stop: Stop,
  { now, id }: { readonly now: number; readonly id: string },
): Promise<void> {
  await putItem(table, {
    ...keyOf(stopKey(`${new Date(now).toISOString()}#${id}`)),
    kind: { S: stop.kind },
    ...attributesOf(stop),
    ttl: { N: String(Math.ceil((now + KEPT_MS) / 1000)) },
  });
}

/** The stops since a time, ms since the epoch, in their order; not strongly consistent. */
export async function loadStops(table: Table, since: number): Promise<readonly ToldStop[]> {
  const stops: ToldStop[] = [];
  const bounds = { first: new Date(since).toISOString(), last: '~' };
  for await (const item of queryAll(table, { pk: stopKey('').pk, ...bounds })) {
    const stop = stopOfItem(item);
    if (stop !== undefined) stops.push({ ...stop, at: Date.parse(textOf(item, 'sk').split('#')[0] ?? '') });
  }
  return stops;
}

function attributesOf(stop: Stop): Item {
  switch (stop.kind) {
    case 'push-cancelled':
      return { pushId: { S: stop.pushId } };
    case 'msk-revoked':
      return { keyDomainId: { S: stop.keyDomainId }, mskId: { S: formatMskId(stop.mskId) } };
    default:
      return { impi: { S: stop.impi } };
  }
}

/** undefined: it is of a kind that a later version tells, and this one need not know. */
function stopOfItem(item: Item): Stop | undefined {
  const kind = textOf(item, 'kind');
  switch (kind) {
    case 'push-cancelled':
      return { kind, pushId: textOf(item, 'pushId') };
    case 'subscriber-blocked':
    case 'subscriber-unblocked':
      return { kind, impi: parsedOf(item, 'impi', parseImpi) };
    case 'msk-revoked':
      return {
        kind,
        keyDomainId: parsedOf(item, 'keyDomainId', parseKeyDomainId),
        mskId: parsedOf(item, 'mskId', parseMskId),
      };
    default:
      return undefined;
  }
}
