import { textOf } from './attributes.ts';
import { type CatalogueKind, enterInCatalogue } from './catalogue.ts';
import { formatKeyGroupRef, keyGroupOfItem } from './key-group/key-group-item.ts';
import { ledgerTtl, positionOfPush, pushOfItem } from './ledger/push.ts';
import { scanOnce } from './scan.ts';
import { closedKeyOf } from './sealed-items.ts';
import type { Item, ItemKey, Table } from './table.ts';

/** What the catalogue has more after a scan. */
export interface FilledCatalogue {
  readonly services: number;
  readonly keyGroups: number;
  readonly pushes: number;
}

interface Entry {
  readonly kind: CatalogueKind;
  readonly name: string;
  readonly attributes?: Item;
}

/**
 * Enters into the catalogue what an earlier release has written without: User Services, Key Groups, pushes.
 * It reads the whole table once, part by part, and may be repeated.
 * @returns how many of each kind the table has
 */
export async function fillCatalogue(table: Table): Promise<FilledCatalogue> {
  const counts = { services: 0, keyGroups: 0, pushes: 0 };
  let after: ItemKey | undefined;
  do {
    const { items, end } = await scanOnce(table, { sortKeys: ['SERVICE', 'KEY-GROUP', 'PUSH'], after });
    for (const entry of items.flatMap(entriesOf)) {
      if (entry.kind === 'SERVICES') counts.services += 1;
      if (entry.kind === 'KEY-GROUPS') counts.keyGroups += 1;
      if (entry.kind === 'PUSHES') counts.pushes += 1;
      await enterInCatalogue(table, entry.kind, entry.name, entry.attributes);
    }
    after = end;
  } while (after !== undefined);
  return counts;
}

function entriesOf(item: Item): readonly Entry[] {
  switch (textOf(item, 'sk')) {
    case 'SERVICE':
      return [{ kind: 'SERVICES', name: textOf(item, 'serviceId') }];
    case 'KEY-GROUP': {
      const group = keyGroupOfItem(item, closedKeyOf);
      return group.deletedAt === undefined ? [{ kind: 'KEY-GROUPS', name: formatKeyGroupRef(group) }] : [];
    }
    default: {
      const push = pushOfItem(item);
      const attributes = { pushId: { S: push.pushId }, ...ledgerTtl(push.startedAt) };
      const listed: Entry = { kind: 'PUSHES', name: positionOfPush(push), attributes };
      const isUnderWay = push.completedAt === undefined;
      return isUnderWay ? [listed, { kind: 'PUSHES-UNDER-WAY', name: push.pushId, attributes }] : [listed];
    }
  }
}
