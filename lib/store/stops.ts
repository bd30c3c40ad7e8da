import { type Impi, parseImpi } from '../gba/impi.ts';
import { parsedOf, textOf } from './attributes.ts';
import { StoreError } from './errors.ts';
import { stopKey } from './item-keys.ts';
import { queryAll } from './query.ts';
import { type Item, keyOf, putItem, type Table } from './table.ts';

/** What senders learn while they send: what they have in hand was read before. */
export type Stop =
  | { readonly kind: 'push-cancelled'; readonly pushId: string }
  | { readonly kind: 'subscriber-blocked'; readonly impi: Impi }
  | { readonly kind: 'subscriber-unblocked'; readonly impi: Impi };

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
    ...(stop.kind === 'push-cancelled' ? { pushId: { S: stop.pushId } } : { impi: { S: stop.impi } }),
    ttl: { N: String(Math.ceil((now + KEPT_MS) / 1000)) },
  });
}

/** The stops since a time, ms since the epoch, in their order; not strongly consistent. */
export async function loadStops(table: Table, since: number): Promise<readonly Stop[]> {
  const stops: Stop[] = [];
  const bounds = { first: new Date(since).toISOString(), last: '~' };
  for await (const item of queryAll(table, { pk: stopKey('').pk, ...bounds })) stops.push(stopOfItem(item));
  return stops;
}

function stopOfItem(item: Item): Stop {
  const kind = textOf(item, 'kind');
  switch (kind) {
    case 'push-cancelled':
      return { kind, pushId: textOf(item, 'pushId') };
    case 'subscriber-blocked':
    case 'subscriber-unblocked':
      return { kind, impi: parsedOf(item, 'impi', parseImpi) };
    default:
      throw new StoreError('corrupt-item', `item ${item.pk?.S ?? '?'} stops nothing that is known`);
  }
}
