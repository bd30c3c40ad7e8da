import { XMLBuilder } from 'fast-xml-parser';
import { type BodyMember, decodeBody, encodeBody } from './body.ts';
import { PayloadError } from './errors.ts';
import { mismatchAt, shown } from './mismatch.ts';
import type { NodePath } from './node-path.ts';
import type { DocumentName, PayloadProfile } from './payload-profile.ts';
import { parseXml, trimmed, type XmlElement } from './xml.ts';

/** Items of one payload at most. */
export const MAX_ITEMS = 64;

const BUILDER = new XMLBuilder({ ignoreAttributes: false, format: false, suppressEmptyNode: false });

/** The texts of an item, by the members of the profile that say where they stand. */
export type ItemTexts<Field extends string> = Readonly<Record<Field, string>>;

/** The members of a document that are places of texts in its items. */
export type FieldOf<Name extends DocumentName> = Extract<
  'serviceId' | 'keyDomainId' | 'mskId' | 'responseCode',
  keyof PayloadProfile[Name]
>;

/** A document of a profile, as it is encoded and decoded. */
interface Form {
  readonly name: DocumentName;
  readonly profile: PayloadProfile;
  readonly root: string;
  readonly namespace: string;
  readonly item: NodePath;
  readonly fields: ReadonlyMap<string, NodePath>;
}

/**
 * The texts of each item of a body, 1 to 64 of them after `distinct`. The root may have any namespace;
 * elements of another one, and unknown elements, are passed over (Namespaces in XML 1.0 §2.1, §6).
 * @throws PayloadError
 */
export function decodeItems<Name extends DocumentName>(
  body: Uint8Array,
  profile: PayloadProfile,
  name: Name,
): ItemTexts<FieldOf<Name>>[] {
  const form = formOf(profile, name);
  const root = parseXml(decodeBody(body, profile, bodyMemberOf(name)));
  if (root.name !== form.root)
    throw new PayloadError(
      'bad-content',
      `the document must have the one root element ${form.root}, here is ${shown(root.name)}`,
      mismatchAt(`${name}.root`, form.root, [root.name]),
    );
  return itemsIn(root, form).map(
    (item) =>
      Object.fromEntries(
        [...form.fields].map(([field, path]) => [field, textAt(item, path, form, field)]),
      ) as ItemTexts<FieldOf<Name>>,
  );
}

/** Encodes items as a body. @throws PayloadError `too-large`, `too-many` */
export function encodeItems<Name extends DocumentName>(
  items: readonly ItemTexts<FieldOf<Name>>[],
  profile: PayloadProfile,
  name: Name,
): string {
  const { root, namespace, item, fields } = formOf(profile, name);
  if (item.elements.length === 0 && items.length > 1)
    throw new PayloadError(
      'too-many',
      `${root} holds one item by this payload profile, here are ${items.length}`,
    );
  const nodes = items.map((texts) => {
    const node = new Map<string, unknown>();
    for (const [field, path] of fields) put(node, path, (texts as ItemTexts<string>)[field] ?? '');
    return node;
  });
  const content = nested(item.elements, nodes);
  const isPrefixed = profile.elements === 'unqualified' && namespace !== '';
  const declaration = namespace === '' ? [] : [[isPrefixed ? '@_xmlns:m' : '@_xmlns', namespace] as const];
  const tree = new Map([[isPrefixed ? `m:${root}` : root, new Map([...declaration, ...content])]]);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>${BUILDER.build(objectOf(tree))}`;
  return encodeBody(xml, profile, bodyMemberOf(name));
}

/** Returns the items if there are 1 to 64. @throws PayloadError `bad-content`, `too-many` */
export function checkedCount<Item>(
  items: readonly Item[],
  profile: PayloadProfile,
  name: DocumentName,
): readonly Item[] {
  const { text } = profile[name].item;
  if (items.length === 0) throw new PayloadError('bad-content', `there must be at least one ${text}`);
  if (items.length > MAX_ITEMS)
    throw new PayloadError('too-many', `there may be at most ${MAX_ITEMS} ${text}, here are ${items.length}`);
  return items;
}

function formOf(profile: PayloadProfile, name: DocumentName): Form {
  const { root, namespace, item, mediaType: _, ...others } = profile[name];
  const fields = Object.entries(others).filter(
    (entry): entry is [string, NodePath] => typeof entry[1] === 'object',
  );
  return { name, profile, root, namespace, item, fields: new Map(fields) };
}

function bodyMemberOf(name: DocumentName): BodyMember {
  return name.endsWith('Response') ? 'answerBody' : 'requestBody';
}

/** @throws PayloadError `bad-content` when there is none */
function itemsIn(root: XmlElement, form: Form): readonly XmlElement[] {
  const namespace = namespaceWithin(root, form);
  let parents: readonly XmlElement[] = [root];
  for (const step of form.item.elements) {
    const found = parents.flatMap((parent) => childrenIn(parent, step, namespace));
    if (found.length === 0)
      throw new PayloadError(
        'bad-content',
        `there must be at least one ${form.item.text}, here are ${list(namesIn(parents, namespace))}`,
        mismatchAt(`${form.name}.item`, form.item.text, namesIn(parents, namespace)),
      );
    parents = found;
  }
  return parents;
}

/** The text at a path of an item, without white space around it. @throws PayloadError `bad-content` */
function textAt(item: XmlElement, path: NodePath, form: Form, field: string): string {
  const namespace = namespaceWithin(item, form);
  let element = item;
  for (const step of path.elements) {
    const [child, ...others] = childrenIn(element, step, namespace);
    if (child === undefined || others.length > 0)
      throw missing(path, form, field, namesIn([element], namespace));
    element = child;
  }
  if (path.attribute === undefined) {
    const names = namesIn([element], namespace).filter((name) => !name.startsWith('@'));
    if (names.length === 0) return trimmed(element.text);
    throw new PayloadError(
      'bad-content',
      `${path.text} must hold text only, here are ${list(names)}`,
      mismatchAt(`${form.name}.${field}`, path.text, names),
    );
  }
  const values = element.attributes.filter(
    (each) => each.name === path.attribute && (each.namespace === '' || each.namespace === element.namespace),
  );
  const [value, ...others] = values;
  if (value === undefined || others.length > 0)
    throw missing(path, form, field, namesIn([element], namespace));
  return trimmed(value.value);
}

function missing(path: NodePath, form: Form, field: string, came: readonly string[]): PayloadError {
  const message = `there must be one ${path.text} in ${form.item.text}, here are ${list(came)}`;
  return new PayloadError('bad-content', message, mismatchAt(`${form.name}.${field}`, path.text, came));
}

/** The namespace of the elements within the root: its own, or none where they are unqualified. */
function namespaceWithin(root: XmlElement, { profile }: Form): string {
  return profile.elements === 'unqualified' ? '' : root.namespace;
}

function childrenIn(parent: XmlElement, name: string, namespace: string): readonly XmlElement[] {
  return parent.elements.filter((each) => each.name === name && each.namespace === namespace);
}

/**
 * Elements and attributes, each once; `{namespace}` stands before the name of an element of another
 * namespace.
 */
function namesIn(parents: readonly XmlElement[], namespace: string): string[] {
  const names = parents.flatMap(({ elements, attributes }) => [
    ...elements.map((each) => (each.namespace === namespace ? each.name : `{${each.namespace}}${each.name}`)),
    ...attributes.map((each) => `@${each.name}`),
  ]);
  return [...new Set(names)];
}

function list(names: readonly string[]): string {
  return mismatchAt('', '', names).came.join(', ') || 'none';
}

/** A tree of elements: `@_` stands before the names of attributes, and `#text` has the text of an element. */
type Tree = Map<string, unknown>;

/** Puts a text at a path. */
function put(node: Tree, { elements, attribute }: NodePath, text: string): void {
  let at = node;
  for (const name of elements) {
    const child = at.get(name);
    const next: Tree = child instanceof Map ? child : new Map();
    at.set(name, next);
    at = next;
  }
  at.set(attribute === undefined ? '#text' : `@_${attribute}`, text);
}

/** The items within their wrappers; of a path without elements, the content of the one item itself. */
function nested(path: readonly string[], items: readonly Tree[]): Tree {
  const last = path.at(-1);
  if (last === undefined) return items[0] ?? new Map();
  return path
    .slice(0, -1)
    .reduceRight((inner, name) => new Map([[name, inner]]), new Map([[last, items]]) as Tree);
}

/** The objects that the builder takes. No name of a profile is a member that objects have. */
function objectOf(tree: Tree): Record<string, unknown> {
  const value = (each: unknown): unknown =>
    each instanceof Map ? objectOf(each) : Array.isArray(each) ? each.map(value) : each;
  return Object.fromEntries([...tree].map(([name, each]) => [name, value(each)]));
}
