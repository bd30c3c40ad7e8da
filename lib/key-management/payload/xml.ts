import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { PayloadError } from './errors.ts';
import { MAX_SHOWN, shown } from './mismatch.ts';

/** Levels of nested elements at most: the schemas need three, extensions may add many. */
const MAX_DEPTH = 100;

/** An element of a document, by its local name and its namespace, '' for none. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  /** The text in it, without that of its elements. */
  readonly text: string;
  readonly elements: readonly XmlElement[];
  /** Without declarations of namespaces; one without prefix is in no namespace. */
  readonly attributes: readonly XmlAttribute[];
}

/** An attribute of an element. */
export interface XmlAttribute {
  readonly name: string;
  readonly namespace: string;
  readonly value: string;
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

/**
 * The root element of an XML text. Accepts no DTD and no entity but the five of XML, and keeps numbers as
 * text (XML 1.0, Namespaces in XML 1.0).
 * @throws PayloadError `bad-xml`
 */
export function parseXml(xml: string): XmlElement {
  const [node, ...others] = parse(xml).filter((each) => nameOf(each) !== undefined);
  const name = node && nameOf(node);
  if (node === undefined || name === undefined)
    throw new PayloadError('bad-xml', 'the document has no elements');
  if (others.length > 0) throw new PayloadError('bad-xml', 'the document has more than one root element');
  return elementOf(node, name, withDeclarations(XML_NAMESPACES, node));
}

/** The children of a name that are in the namespace of their parent. */
export function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.elements.filter((each) => each.name === name && each.namespace === parent.namespace);
}

/**
 * The text of the only child of a name, in the namespace of its parent. @throws PayloadError `bad-content`
 */
export function textOf(parent: XmlElement, name: string): string {
  const [child, ...others] = childrenOf(parent, name);
  if (child === undefined || others.length > 0)
    throw new PayloadError('bad-content', `there must be one ${name}, here are ${namesIn(parent)}`);
  if (child.elements.length > 0) throw new PayloadError('bad-content', `${name} must hold text only`);
  return trimmed(child.text);
}

function namesIn({ elements }: XmlElement): string {
  const names = [...new Set(elements.map(({ name }) => name))].slice(0, MAX_SHOWN).map(shown);
  return names.join(', ') || 'none';
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

function elementOf(node: ParsedNode, qualifiedName: string, namespaces: Namespaces): XmlElement {
  let text = '';
  const elements: XmlElement[] = [];
  for (const child of nodesOf(node[NAME_PREFIX + qualifiedName])) {
    const childName = nameOf(child);
    if (childName === undefined) text += String(child['#text'] ?? '');
    else elements.push(elementOf(child, childName, withDeclarations(namespaces, child)));
  }
  const name = localNameOf(qualifiedName);
  const namespace = namespaceOf(qualifiedName, namespaces);
  return { name, namespace, text, elements, attributes: attributesOf(node, namespaces) };
}

function attributesOf(node: ParsedNode, namespaces: Namespaces): readonly XmlAttribute[] {
  return Object.entries(node[':@'] ?? {}).flatMap(([key, value]): XmlAttribute[] => {
    const qualifiedName = key.slice(ATTRIBUTE_PREFIX.length);
    if (/^xmlns(:|$)/.test(qualifiedName)) return [];
    const name = localNameOf(qualifiedName);
    // Attributes without prefix are in no namespace (Namespaces in XML 1.0 §6.2).
    const isPlain = name === qualifiedName;
    const namespace = isPlain ? '' : declaredNamespaceOf(qualifiedName, namespaces);
    return namespace === undefined ? [] : [{ name, namespace, value: String(value) }];
  });
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
export function trimmed(text: string): string {
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
  const namespace = declaredNamespaceOf(name, namespaces);
  if (namespace === undefined) throw new PayloadError('bad-xml', 'a namespace prefix is not declared');
  return namespace;
}

function declaredNamespaceOf(name: string, namespaces: Namespaces): string | undefined {
  const prefix = name.includes(':') ? name.slice(0, name.indexOf(':')) : '';
  for (let scope: Namespaces | undefined = namespaces; scope !== undefined; scope = scope.outer) {
    const namespace = scope.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return undefined;
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
