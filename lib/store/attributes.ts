import { inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
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

/** A number attribute, or undefined. @throws StoreError `corrupt-item` when it is no finite number */
export function optionalNumberOf(item: Item, name: string): number | undefined {
  const text = item[name]?.N;
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : missing(item, name);
}

/**
 * A text attribute in the form that `parse` takes.
 * @throws StoreError `corrupt-item` when it is missing, of another type or of another form
 */
export function parsedOf<T>(item: Item, name: string, parse: (text: string) => T): T {
  const text = textOf(item, name);
  try {
    return parse(text);
  } catch {
    return missing(item, name);
  }
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

/**
 * A set of texts, each in the form that `parse` takes.
 * @throws StoreError `corrupt-item` when one has another form
 */
export function parsedSetOf<T>(item: Item, name: string, parse: (text: string) => T): readonly T[] {
  try {
    return [...textSetOf(item, name)].map(parse);
  } catch {
    return missing(item, name);
  }
}

/** A set of texts as an attribute to be spread into an item: left out when empty. */
export function textSetAttribute(name: string, values: ReadonlySet<string>): Item {
  return values.size === 0 ? {} : { [name]: { SS: [...values] } };
}

/** Octets that a compressed attribute may become; the largest is a page of some thousand IMPIs. */
const MAX_INFLATED = 4_000_000;

/**
 * An attribute of compressed JSON (RFC 1951).
 * @throws StoreError `corrupt-item` when it is missing, no such thing, or has not the form of the schema
 */
export function inflatedOf<const Schema extends v.GenericSchema>(
  item: Item,
  name: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const octets = octetsOf(item, name);
  try {
    const text = inflateRawSync(octets, { maxOutputLength: MAX_INFLATED }).toString('utf8');
    return v.parse(schema, JSON.parse(text));
  } catch {
    return missing(item, name);
  }
}

function missing(item: Item, name: string): never {
  throw new StoreError('corrupt-item', `item ${item.pk?.S ?? '?'} has no proper attribute "${name}"`);
}
