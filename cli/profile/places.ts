import { trimmed, type XmlElement } from '../../lib/key-management/payload/xml.ts';

/** All texts of a document that stand at the same path. */
export interface Place {
  readonly elements: readonly string[];
  readonly attribute?: string;
  readonly values: readonly string[];
  /** Of each value, the elements on its path, from the child of the root on. */
  readonly owners: readonly (readonly XmlElement[])[];
}

/** The texts and attributes of a document, by their paths. */
export interface Places {
  readonly places: readonly Place[];
  /** Whether the elements within the root are in its namespace, or in none. */
  readonly elements: 'qualified' | 'unqualified';
}

/** Finds the places of a document; elements of other namespaces are passed over, as a decoder does. */
export function placesOf(root: XmlElement): Places {
  const isUnqualified =
    root.namespace !== '' &&
    root.elements.some(({ namespace }) => namespace === '') &&
    !root.elements.some(({ namespace }) => namespace === root.namespace);
  const namespace = isUnqualified ? '' : root.namespace;
  const found = new Map<string, { -readonly [Key in keyof Place]: Place[Key] }>();
  const add = (owners: readonly XmlElement[], value: string, attribute?: string) => {
    const elements = owners.map(({ name }) => name);
    const key = JSON.stringify([elements, attribute]);
    const place = found.get(key) ?? { elements, values: [], owners: [], ...(attribute && { attribute }) };
    place.values = [...place.values, value];
    place.owners = [...place.owners, owners];
    found.set(key, place);
  };
  const visit = (element: XmlElement, owners: readonly XmlElement[]) => {
    for (const { name, namespace: of, value } of element.attributes)
      if (of === '' || of === element.namespace) add(owners, trimmed(value), name);
    if (element.elements.length === 0 && owners.length > 0) add(owners, trimmed(element.text));
    for (const child of element.elements) if (child.namespace === namespace) visit(child, [...owners, child]);
  };
  visit(root, []);
  return { places: [...found.values()], elements: isUnqualified ? 'unqualified' : 'qualified' };
}

/** The path of a place below the elements of an item, as a payload profile has it. */
export function pathWithin({ elements, attribute }: Place, depth: number): string {
  const steps = [...elements.slice(depth), ...(attribute === undefined ? [] : [`@${attribute}`])];
  return steps.length === 0 ? '.' : steps.join('/');
}

/**
 * How many levels of elements the places share: the longest common path, at which each item has one value of
 * each. Undefined when it has not.
 */
export function commonDepth(places: readonly Place[]): number | undefined {
  const [first, ...others] = places;
  if (first === undefined) return undefined;
  const shortest = Math.min(...places.map(({ elements }) => elements.length));
  let depth = 0;
  while (depth < shortest && others.every(({ elements }) => elements[depth] === first.elements[depth]))
    depth++;
  const itemsOf = ({ owners }: Place) => owners.map((chain) => (depth === 0 ? 'root' : chain[depth - 1]));
  const items = itemsOf(first);
  const isOneEach = places.every((place) => {
    const own = itemsOf(place);
    return own.length === items.length && own.every((item, index) => item === items[index]);
  });
  return isOneEach && new Set(items).size === items.length ? depth : undefined;
}

/**
 * The level at which the values of one place are in elements of their own: the outermost one. Undefined when
 * they stand in the same element.
 */
export function repeatedDepth({ elements, owners }: Place): number | undefined {
  for (let depth = 1; depth <= elements.length; depth++)
    if (new Set(owners.map((chain) => chain[depth - 1])).size === owners.length) return depth;
  return undefined;
}
