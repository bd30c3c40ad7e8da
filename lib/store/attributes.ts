import { StoreError } from './errors.ts';
import type { Item, ItemKey } from './table.ts';

/** A text attribute. @throws StoreError `corrupt-item` when it is missing or of another type */
export function textOf(item: Item, name: string): string {
  return item[name]?.S ?? missing(item, name);
}

/** A number attribute. @throws StoreError `corrupt-item` when it is missing or of another type */
export function numberOf(item: Item, name: string): number {
  return optionalNumberOf(item, name) ?? missing(item, name);
}

/** A number attribute, or undefined. */
export function optionalNumberOf(item: Item, name: string): number | undefined {
  const text = item[name]?.N;
  return text === undefined ? undefined : Number(text);
}

/** An attribute of octets. @throws StoreError `corrupt-item` when it is missing or of another type */
export function octetsOf(item: Item, name: string): Uint8Array {
  return item[name]?.B ?? missing(item, name);
}

/** The primary key that an item was read under, whatever its other attributes say. */
export function keyOfItem(item: Item): ItemKey {
  return { pk: textOf(item, 'pk'), sk: textOf(item, 'sk') };
}

/** A set of texts; DynamoDB has no empty sets, so a missing one is empty. */
export function textSetOf(item: Item, name: string): ReadonlySet<string> {
  return new Set(item[name]?.SS ?? []);
}

/** A set of texts as an attribute to be spread into an item: left out when empty. */
export function textSetAttribute(name: string, values: ReadonlySet<string>): Item {
  return values.size === 0 ? {} : { [name]: { SS: [...values] } };
}

function missing(item: Item, name: string): never {
  throw new StoreError('corrupt-item', `item ${item.pk?.S ?? '?'} has no proper attribute "${name}"`);
}
