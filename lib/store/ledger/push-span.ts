import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { textOf } from '../attributes.ts';
import { pushOfMskKey } from '../item-keys.ts';
import { queryOnce } from '../query.ts';
import type { Table } from '../table.ts';

/** When the pushes of an MSK began, ms since the epoch. */
export interface PushSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * When the earliest and the latest push of an MSK began; undefined: the ledger has none. It reads two items,
 * however many pushes there are.
 */
export async function loadPushSpan(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): Promise<PushSpan | undefined> {
  const { pk } = pushOfMskKey(keyDomainId, formatMskId(mskId), '');
  const [first, last] = await Promise.all(
    [false, true].map(async (isDescending) => {
      const { items } = await queryOnce(table, { pk, limit: 1, isDescending });
      return items.map((item) => Date.parse(textOf(item, 'sk').split('#')[0] ?? '')).at(0);
    }),
  );
  return first === undefined || last === undefined ? undefined : { first, last };
}
