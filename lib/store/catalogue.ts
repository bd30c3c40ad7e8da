import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { textOf } from './attributes.ts';
import { catalogueKey } from './item-keys.ts';
import { queryOnce } from './query.ts';
import { type Item, keyOf, putItem, type Table } from './table.ts';

/** What the catalogue names. */
export type CatalogueKind = 'SERVICES' | 'KEY-GROUPS' | 'PUSHES' | 'PUSHES-UNDER-WAY' | 'BLOCKED';

/** A part of a listing, and where the next part begins; undefined: there is no more. */
export interface Listed<T> {
  readonly entries: readonly T[];
  readonly next: string | undefined;
}

/** Which part of a listing. */
export interface ListOptions {
  /** `next` of the part before; undefined: the first part. */
  readonly after?: string | undefined;
  /** Entries at most, from 1 to 100. */
  readonly limit: number;
}

/**
 * Enters a thing into the catalogue, which makes a listing a query instead of a scan of the table. It comes
 * before the thing itself: an entry without its thing does no harm, and a listing leaves it out. Repeatable.
 * @param attributes beside the primary key
 */
export async function enterInCatalogue(
  table: Table,
  kind: CatalogueKind,
  name: string,
  attributes: Item = {},
): Promise<void> {
  await putItem(table, { ...keyOf(catalogueKey(kind, name)), ...attributes });
}

/** Takes a thing out of the catalogue, after the thing itself is gone. Repeatable. */
export async function strikeFromCatalogue(
  { dynamodb, tableName }: Table,
  kind: CatalogueKind,
  name: string,
): Promise<void> {
  const Key = keyOf(catalogueKey(kind, name));
  await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key }));
}

/** Entries of a kind by their names, up to `limit`, in the order of their names or the other way round. */
export async function listCatalogue(
  table: Table,
  kind: CatalogueKind,
  { after, limit, isDescending = false }: ListOptions & { readonly isDescending?: boolean },
): Promise<Listed<Item>> {
  const { pk } = catalogueKey(kind, '');
  const { items, more } = await queryOnce(table, { pk, after, limit, isDescending, isConsistent: true });
  const last = items.at(-1);
  return { entries: items, next: more && last !== undefined ? textOf(last, 'sk') : undefined };
}

/** The name of an entry. */
export function nameOfEntry(entry: Item): string {
  return textOf(entry, 'sk');
}
