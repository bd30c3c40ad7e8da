import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { DiameterError } from '../errors.ts';

/** The key that a NAF shall use (TS 29.109 annex A); the names are those of TS 29.309. */
export type KeyChoice = 'ME_BASED_KEY' | 'UICC_BASED_KEY' | 'ME_UICC_BASED_KEYS';

/** The settings of a subscriber for one service (USS). Flags and other members are not read. */
export interface UserSecuritySetting {
  readonly gsId: number;
  readonly gsType: number;
  readonly nafGroup?: string | undefined;
  /** Public identities of the subscriber. */
  readonly ueIds: readonly string[];
  /** Undefined when absent, or when its value is unknown. */
  readonly keyChoice?: KeyChoice | undefined;
}

/** Octets of the XML at most, and levels of nested elements. */
const MAX_XML_LENGTH = 32_768;
const MAX_DEPTH = 20;

/** Namespace of the schema (TS 29.109 annex A). A reader takes any. */
const NAMESPACE = 'urn:3gpp:gba:GBAGUSSSchema-R9:2010-02';

const FIELD = 'GBA-UserSecSettings';

/** Stands before every name, so that no element has the name of a property that objects have. */
const NAME_PREFIX = '=';

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // The parser calls this twice for an empty element.
  transformTagName: (name) => (name.startsWith(NAME_PREFIX) ? name : NAME_PREFIX + name),
  maxNestedTags: MAX_DEPTH,
  processEntities: true,
  // The parser calls `addInputEntities` when it has read a DTD.
  entityDecoder: {
    setExternalEntities: () => {},
    addInputEntities: () => {
      throw new DiameterError('bad-value', { field: `${FIELD}: a document with a DTD` });
    },
    reset: () => {},
    decode: (text) => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? ''),
    setXmlVersion: () => {},
  },
});

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const BUILDER = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: false });

/** An element by its local name. */
interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
  readonly children: readonly Element[];
}

/**
 * Reads the XML of GBA-UserSecSettings: root `ussList` on Zn, by local names, in any namespace, no DTD.
 * The names of its parts are those that a public HSS writes [C], docs/conformance.md.
 * @throws DiameterError `bad-value`
 */
export function decodeUssList(octets: Uint8Array): readonly UserSecuritySetting[] {
  if (octets.length > MAX_XML_LENGTH)
    throw new DiameterError('too-long', { field: FIELD, need: octets.length, have: MAX_XML_LENGTH });
  const [root, ...others] = parse(Buffer.from(octets).toString('utf8'));
  if (root === undefined || others.length > 0) throw badXml();
  // A BSF that forwards the settings of all services sends the root of Zh.
  const list = root.name === 'guss' ? root.children.find(({ name }) => name === 'ussList') : root;
  if (list?.name !== 'ussList') throw badXml();
  return list.children.filter(({ name }) => name === 'uss').map(settingOf);
}

/** The XML of GBA-UserSecSettings, in UTF-8. */
export function encodeUssList(settings: readonly UserSecuritySetting[]): Uint8Array {
  const xml = BUILDER.build({
    ussList: {
      '@xmlns': NAMESPACE,
      uss: settings.map(({ gsId, gsType, nafGroup, ueIds, keyChoice }) => ({
        '@id': gsId,
        '@type': gsType,
        ...(nafGroup === undefined ? {} : { '@nafGroup': nafGroup }),
        uids: { uid: ueIds },
        ...(keyChoice === undefined ? {} : { keyChoice }),
      })),
    },
  });
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
}

function settingOf({ attributes, children }: Element): UserSecuritySetting {
  const textsOf = (parent: readonly Element[], wanted: string) =>
    parent.filter(({ name }) => name === wanted).map(({ text }) => text);
  const uids = children.find(({ name }) => name === 'uids')?.children ?? [];
  return {
    gsId: numberIn(attributes, 'id'),
    gsType: numberIn(attributes, 'type'),
    nafGroup: attributes.get('nafGroup'),
    ueIds: textsOf(uids, 'uid'),
    keyChoice: keyChoiceOf(textsOf(children, 'keyChoice')[0]),
  };
}

/** Names as in TS 29.309, in any case and with or without what stands between the words. */
function keyChoiceOf(text: string | undefined): KeyChoice | undefined {
  const letters = (name: string) => name.replace(/[^a-z]/gi, '').toLowerCase();
  const names: readonly KeyChoice[] = ['ME_BASED_KEY', 'UICC_BASED_KEY', 'ME_UICC_BASED_KEYS'];
  return text === undefined ? undefined : names.find((name) => letters(name) === letters(text));
}

function numberIn(attributes: ReadonlyMap<string, string>, name: string): number {
  const text = attributes.get(name) ?? '';
  if (!/^[0-9]{1,10}$/.test(text)) throw new DiameterError('bad-value', { field: `${FIELD}: uss ${name}` });
  return Number(text);
}

function parse(xml: string): readonly Element[] {
  try {
    if (XMLValidator.validate(xml) !== true) throw badXml();
    return elementsOf(PARSER.parse(xml));
  } catch (error) {
    if (error instanceof DiameterError) throw error;
    throw badXml(error);
  }
}

function badXml(cause?: unknown): DiameterError {
  return new DiameterError('bad-value', { field: FIELD, cause });
}

function elementsOf(nodes: unknown): Element[] {
  return nodesOf(nodes).flatMap((node) => {
    const name = Object.keys(node).find((key) => key.startsWith(NAME_PREFIX));
    if (name === undefined) return [];
    const inner = nodesOf(node[name]);
    const attributes = Object.entries((node[':@'] ?? {}) as object).map(([key, value]): [string, string] => [
      key.slice(1),
      String(value),
    ]);
    return {
      name: name.slice(NAME_PREFIX.length),
      attributes: new Map(attributes),
      text: inner.map((child) => String(child['#text'] ?? '')).join(''),
      children: elementsOf(inner),
    };
  });
}

function nodesOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}
