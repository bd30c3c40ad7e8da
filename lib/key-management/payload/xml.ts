import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { PayloadError } from './errors.ts';

/** Octets of a payload in Base64, before anything of it is read. */
export const MAX_PAYLOAD_LENGTH = 65_536;

/** Items that one payload may hold. */
export const MAX_ITEMS = 64;

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
});

const BUILDER = new XMLBuilder({ ignoreAttributes: false, format: false, suppressEmptyNode: false });

/**
 * The children of the root element of a Base64 payload (TS 33.246 §G.2.3). There are no DTDs, no
 * entities but the five of XML in text, and nothing is taken for a number. The namespace is not compared.
 * @throws PayloadError
 */
export function decodeDocument(body: Uint8Array, root: string): Readonly<Record<string, readonly Element[]>> {
  if (body.length > MAX_PAYLOAD_LENGTH) {
    throw new PayloadError(
      'too-large',
      `a payload has at most ${MAX_PAYLOAD_LENGTH} octets, this one ${body.length}`,
    );
  }
  const xml = decodeBase64(Buffer.from(body).toString('latin1'));
  const document = parse(xml);
  const names = Object.keys(document);
  const [element, ...others] = document[root] ?? [];
  if (names.length !== 1 || element === undefined || others.length > 0) {
    throw new PayloadError('bad-content', `the document must have the one root element ${root}`);
  }
  return typeof element === 'string' ? {} : element;
}

/** A document with one root element in its namespace, as Base64. */
export function encodeDocument(
  { namespace, root }: { readonly namespace: string; readonly root: string },
  children: Readonly<Record<string, unknown>>,
): string {
  const xml = BUILDER.build({ [root]: { '@_xmlns': namespace, ...children } });
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${xml}`).toString('base64');
}

/** The text of each child of that name. @throws PayloadError `bad-content` where one has children itself */
export function textsOf(parent: Element, name: string): string[] {
  return childrenOf(parent, name).map((child) => {
    if (typeof child !== 'string') throw new PayloadError('bad-content', `${name} must hold text only`);
    return unescaped(child);
  });
}

/** The text of the one child of that name. @throws PayloadError `bad-content` */
export function textOf(parent: Element, name: string): string {
  const [text, ...others] = textsOf(parent, name);
  if (text === undefined || others.length > 0)
    throw new PayloadError('bad-content', `there must be one ${name}`);
  return text;
}

/** The children of that name, 1 to 64. @throws PayloadError `bad-content`, `too-many` */
export function itemsOf(parent: Element, name: string): readonly Element[] {
  const items = childrenOf(parent, name);
  if (items.length === 0) throw new PayloadError('bad-content', `there must be at least one ${name}`);
  if (items.length > MAX_ITEMS)
    throw new PayloadError('too-many', `there may be at most ${MAX_ITEMS} ${name}, here are ${items.length}`);
  return items;
}

/** Octets of xs:base64Binary of a known length. @throws PayloadError `bad-content` */
export function octetsOf(text: string, length: number, name: string): Uint8Array {
  const octets = /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (octets.length !== length || octets.toString('base64') !== text) {
    throw new PayloadError('bad-content', `${name} must be the Base64 of ${length} octets`);
  }
  return octets;
}

/** The codes that HTTP has. @throws PayloadError `bad-content` */
export function responseCodeOf(text: string): number {
  if (!/^[1-5][0-9]{2}$/.test(text)) throw new PayloadError('bad-content', 'a responseCode has three digits');
  return Number(text);
}

function childrenOf(parent: Element, name: string): readonly Element[] {
  return typeof parent === 'string' || !Object.hasOwn(parent, name) ? [] : (parent[name] ?? []);
}

/** Line breaks are allowed, as MIME writes them; anything else outside the alphabet is not. */
function decodeBase64(text: string): string {
  const compact = text.replace(/[\r\n\t ]/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new PayloadError('bad-base64', 'the body must be the Base64 of an XML document');
  }
  const octets = Buffer.from(compact, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new PayloadError('bad-xml', 'the document is not UTF-8');
  }
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

/** The five entities that XML itself has; any other ends the reading. */
function unescaped(text: string): string {
  return text.replace(/&([^;&]{0,8};?)/g, (_, name: string) => {
    const character = name.endsWith(';') ? ENTITIES[name.slice(0, -1)] : undefined;
    if (character === undefined)
      throw new PayloadError('bad-xml', 'only the entities lt, gt, amp, quot and apos are taken');
    return character;
  });
}
