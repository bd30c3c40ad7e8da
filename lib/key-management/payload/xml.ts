import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { decodeBase64Text, encodeBase64Text } from './base64.ts';
import { PayloadError } from './errors.ts';

/** Octets of a request's payload in Base64 at most; a longer one is refused before it is parsed. */
export const MAX_PAYLOAD_LENGTH = 65_536;

/** Octets of a response's payload in Base64 at most: it repeats each item of the request with a code. */
export const MAX_RESPONSE_LENGTH = 2 * MAX_PAYLOAD_LENGTH;

/** Items of one payload at most. */
export const MAX_ITEMS = 64;

/** Levels of nested elements at most: the schemas need three, and extensions may add some. */
const MAX_DEPTH = 8;

/** An element: the text in it, or its children by local name. */
export type Element = string | { readonly [name: string]: readonly Element[] };

const PARSER = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  alwaysCreateTextNode: false,
  isArray: () => true,
  maxNestedTags: MAX_DEPTH - 1,
});

const BUILDER = new XMLBuilder({ ignoreAttributes: false, format: false, suppressEmptyNode: false });

/**
 * The children of the root element of a Base64 payload (TS 33.246 §G.2.3). Accepts no DTD and no entity but
 * the five of XML, and keeps numbers as text. Ignores the namespace and unknown elements.
 * @throws PayloadError
 */
export function decodeDocument(
  body: Uint8Array,
  root: string,
  maxLength = MAX_PAYLOAD_LENGTH,
): Readonly<Record<string, readonly Element[]>> {
  if (body.length > maxLength) {
    throw new PayloadError('too-large', `a payload has at most ${maxLength} octets, this one ${body.length}`);
  }
  const document = parse(decodeBase64Text(body));
  const names = Object.keys(document);
  const [element, ...others] = document[root] ?? [];
  if (names.length !== 1 || element === undefined || others.length > 0) {
    throw new PayloadError('bad-content', `the document must have the one root element ${root}`);
  }
  return typeof element === 'string' ? {} : element;
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
  return childrenOf(parent, name).map((child) => {
    if (typeof child !== 'string') throw new PayloadError('bad-content', `${name} must hold text only`);
    return unescaped(child);
  });
}

/** The text of the only child of a name. @throws PayloadError `bad-content` */
export function textOf(parent: Element, name: string): string {
  const [text, ...others] = textsOf(parent, name);
  if (text === undefined || others.length > 0)
    throw new PayloadError('bad-content', `there must be one ${name}`);
  return text;
}

/** The 1 to 64 children of a name. @throws PayloadError `bad-content`, `too-many` */
export function itemsOf(parent: Element, name: string): readonly Element[] {
  return checkedCount(childrenOf(parent, name), name);
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

function childrenOf(parent: Element, name: string): readonly Element[] {
  return typeof parent === 'string' || !Object.hasOwn(parent, name) ? [] : (parent[name] ?? []);
}

function parse(xml: string): Readonly<Record<string, readonly Element[]>> {
  if (/<!(DOCTYPE|ENTITY)|<!\[CDATA\[/i.test(xml))
    throw new PayloadError('bad-xml', 'a document with DTD or CDATA is not taken');
  try {
    const verdict = XMLValidator.validate(xml);
    if (verdict !== true) throw new PayloadError('bad-xml', `not well-formed in line ${verdict.err.line}`);
    const document: unknown = PARSER.parse(xml);
    if (isElementRecord(document)) return document;
  } catch (error) {
    if (error instanceof PayloadError) throw error;
    throw new PayloadError('bad-xml', 'the document could not be read');
  }
  throw new PayloadError('bad-xml', 'the document has no elements');
}

function isElementRecord(value: unknown): value is Readonly<Record<string, readonly Element[]>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Replaces the five entities of XML. @throws PayloadError `bad-xml` for any other entity */
function unescaped(text: string): string {
  return text.replace(/&([^;&]{0,8};?)/g, (_, name: string) => {
    const character = name.endsWith(';') ? ENTITIES[name.slice(0, -1)] : undefined;
    if (character === undefined)
      throw new PayloadError('bad-xml', 'only the entities lt, gt, amp, quot and apos are taken');
    return character;
  });
}
