import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { decodeBase64Text, encodeBase64Text } from './base64.ts';
import { PayloadError } from './errors.ts';

/** Octets of a request's payload in Base64 at most; a longer one is refused before it is parsed. */
export const MAX_PAYLOAD_LENGTH = 65_536;

/** Octets of a response's payload in Base64 at most: it repeats each item of the request with a code. */
export const MAX_RESPONSE_LENGTH = 2 * MAX_PAYLOAD_LENGTH;

/** Items of one payload at most. */
export const MAX_ITEMS = 64;

/** Levels of nested elements at most: the schemas need three, extensions may add many. */
const MAX_DEPTH = 100;

/**
 * An element of the root's namespace. Elements of other namespaces are counted, and otherwise passed over.
 */
export interface Element {
  readonly text: string;
  readonly hasElements: boolean;
  /** By local name. */
  readonly children: ReadonlyMap<string, readonly Element[]>;
}

/**
 * Stands before every name, so that no element has the name of a property that objects have. In no name of
 * XML.
 */
const NAME_PREFIX = '=';
const ATTRIBUTE_PREFIX = '@';

/** What the parser makes: nodes in order, each with its text or with its children, and its attributes. */
type ParsedNode = Readonly<Record<string, unknown>>;

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // The parser calls this twice for an empty element.
  transformTagName: (name) => (name.startsWith(NAME_PREFIX) ? name : NAME_PREFIX + name),
  maxNestedTags: MAX_DEPTH - 1,
  processEntities: true,
  // The parser calls `addInputEntities` when it has read a DTD, and `decode` for text outside CDATA.
  entityDecoder: {
    setExternalEntities: () => {},
    addInputEntities: () => {
      throw new PayloadError('bad-xml', 'a document with a DTD is not taken');
    },
    reset: () => {},
    decode: unescaped,
    setXmlVersion: () => {},
  },
});

const BUILDER = new XMLBuilder({ ignoreAttributes: false, format: false, suppressEmptyNode: false });

/**
 * The root element of a Base64 payload (TS 33.246 §G.2.3). Accepts no DTD and no entity but the five of XML,
 * and keeps numbers as text. The root may have any namespace; elements of another one, and unknown elements,
 * are passed over (Namespaces in XML 1.0 §2.1, §6).
 * @throws PayloadError
 */
export function decodeDocument(body: Uint8Array, root: string, maxLength = MAX_PAYLOAD_LENGTH): Element {
  if (body.length > maxLength) {
    throw new PayloadError('too-large', `a payload has at most ${maxLength} octets, this one ${body.length}`);
  }
  return decodeXml(decodeBase64Text(body), root);
}

/** The root element of an XML text, read as `decodeDocument` reads it. @throws PayloadError */
export function decodeXml(xml: string, root: string): Element {
  const [node, ...others] = parse(xml).filter((each) => nameOf(each) !== undefined);
  const name = node && nameOf(node);
  if (node === undefined || name === undefined)
    throw new PayloadError('bad-xml', 'the document has no elements');
  if (others.length > 0 || localNameOf(name) !== root)
    throw new PayloadError(
      'bad-content',
      `the document must have the one root element ${root}, here is ${shown(localNameOf(name))}`,
    );
  const namespaces = withDeclarations(XML_NAMESPACES, node);
  return elementOf(node, name, namespaceOf(name, namespaces), namespaces);
}

/** Encodes a document with one root element in its namespace; Base64. @throws PayloadError `too-large` */
export function encodeDocument(
  { namespace, root }: { readonly namespace: string; readonly root: string },
  children: Readonly<Record<string, unknown>>,
  maxLength = MAX_PAYLOAD_LENGTH,
): string {
  const xml = BUILDER.build({ [root]: { '@_xmlns': namespace, ...children } });
  const payload = encodeBase64Text(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
  if (payload.length > maxLength) {
    throw new PayloadError(
      'too-large',
      `the items need ${payload.length} octets, a payload has at most ${maxLength}`,
    );
  }
  return payload;
}

/** The text of each child of a name. @throws PayloadError `bad-content` when a child has children itself */
export function textsOf(parent: Element, name: string): string[] {
  return childrenOf(parent, name).map(({ text, hasElements }) => {
    if (hasElements) throw new PayloadError('bad-content', `${name} must hold text only`);
    return trimmed(text);
  });
}

/** The text of the only child of a name. @throws PayloadError `bad-content` */
export function textOf(parent: Element, name: string): string {
  const [text, ...others] = textsOf(parent, name);
  if (text === undefined || others.length > 0)
    throw new PayloadError(
      'bad-content',
      `there must be one ${name}, here are ${[...parent.children.keys()].slice(0, MAX_SHOWN).map(shown).join(', ') || 'none'}`,
    );
  return text;
}

/** Names of elements that a message repeats at most, and characters of each. */
const MAX_SHOWN = 8;
const MAX_NAME = 64;

/** The name of an element as it came, for the person who compares it with what was expected. */
function shown(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** Returns the items if there are 1 to 64. @throws PayloadError `bad-content`, `too-many` */
export function checkedCount<Item>(items: readonly Item[], name: string): readonly Item[] {
  if (items.length === 0) throw new PayloadError('bad-content', `there must be at least one ${name}`);
  if (items.length > MAX_ITEMS)
    throw new PayloadError('too-many', `there may be at most ${MAX_ITEMS} ${name}, here are ${items.length}`);
  return items;
}

/** Parses a status code of HTTP. @throws PayloadError `bad-content` */
export function responseCodeOf(text: string): number {
  if (!/^[1-5][0-9]{2}$/.test(text)) throw new PayloadError('bad-content', 'a responseCode has three digits');
  return Number(text);
}

/** The children of a name. */
export function childrenOf(parent: Element, name: string): readonly Element[] {
  return parent.children.get(name) ?? [];
}

function parse(xml: string): readonly ParsedNode[] {
  try {
    const verdict = XMLValidator.validate(xml);
    if (verdict !== true) throw new PayloadError('bad-xml', `not well-formed in line ${verdict.err.line}`);
    return nodesOf(PARSER.parse(xml));
  } catch (error) {
    if (error instanceof PayloadError) throw error;
    throw new PayloadError('bad-xml', 'the document could not be read');
  }
}

function elementOf(node: ParsedNode, name: string, ownNamespace: string, namespaces: Namespaces): Element {
  let text = '';
  let hasElements = false;
  const children = new Map<string, Element[]>();
  for (const child of nodesOf(node[NAME_PREFIX + name])) {
    const childName = nameOf(child);
    if (childName === undefined) {
      text += String(child['#text'] ?? '');
      continue;
    }
    hasElements = true;
    const inner = withDeclarations(namespaces, child);
    const element = elementOf(child, childName, ownNamespace, inner);
    if (namespaceOf(childName, inner) !== ownNamespace) continue;
    const localName = localNameOf(childName);
    const same = children.get(localName);
    if (same === undefined) children.set(localName, [element]);
    else same.push(element);
  }
  return { text, hasElements, children };
}

/** The name of an element with its prefix; undefined for text. */
function nameOf(node: ParsedNode): string | undefined {
  return Object.keys(node)
    .find((key) => key.startsWith(NAME_PREFIX))
    ?.slice(NAME_PREFIX.length);
}

function nodesOf(value: unknown): readonly ParsedNode[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Without the white space of XML around it, in time linear in its length, which a regular expression is
 * not.
 */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text[start])) start++;
  while (start < end && isWhiteSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isWhiteSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

/**
 * The namespaces that an element declares, by prefix, and those around it; the default one has the prefix
 * ''.
 */
interface Namespaces {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer?: Namespaces;
}

const XML_NAMESPACES: Namespaces = {
  declared: new Map([
    ['', ''],
    ['xml', 'http://www.w3.org/XML/1998/namespace'],
  ]),
};

function withDeclarations(outer: Namespaces, node: ParsedNode): Namespaces {
  const declared = Object.entries(node[':@'] ?? {}).flatMap(([attribute, namespace]): [string, string][] => {
    const declaration = /^@xmlns(?::(.+))?$/.exec(attribute);
    return declaration === null ? [] : [[declaration[1] ?? '', String(namespace)]];
  });
  return declared.length === 0 ? outer : { declared: new Map(declared), outer };
}

/** @throws PayloadError `bad-xml` for a prefix that is not declared (Namespaces in XML 1.0 §5) */
function namespaceOf(name: string, namespaces: Namespaces): string {
  const prefix = name.includes(':') ? name.slice(0, name.indexOf(':')) : '';
  for (let scope: Namespaces | undefined = namespaces; scope !== undefined; scope = scope.outer) {
    const namespace = scope.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  throw new PayloadError('bad-xml', 'a namespace prefix is not declared');
}

function localNameOf(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Replaces the five entities of XML and character references. @throws PayloadError `bad-xml` for others */
function unescaped(text: string): string {
  return text.replace(/&([^;&]{0,12};?)/g, (_, name: string) => {
    const character = name.endsWith(';') ? characterOf(name.slice(0, -1)) : undefined;
    if (character === undefined)
      throw new PayloadError('bad-xml', 'only the entities lt, gt, amp, quot and apos are taken');
    return character;
  });
}

/** The character of an entity or a reference by number; undefined for none of XML (XML 1.0 §2.2, §4.1). */
function characterOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name) ?? [];
  if (hex === undefined && decimal === undefined)
    return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u.test(character)
    ? character
    : undefined;
}
