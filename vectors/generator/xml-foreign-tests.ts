import { encodeMskRequest, encodeMskResponse } from '../../lib/key-management/payload/msk-request.ts';
import type { PayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import type { Test } from './data-set.ts';
import { identificationOf, KEY } from './xml-key-tests.ts';
import { badBody, badDocument, base64, canonical, document } from './xml-tests.ts';

/** A text that stands in a document once or more, in place of which another is put. */
type Edit = readonly [comment: string, from: string | RegExp, to: string];

/** Documents of another profile: what the encoder makes, and what is changed in it. */
export function foreignKeyTests(name: 'mskRequest' | 'mskResponse', profile: PayloadProfile): Test[] {
  const isAnswer = name === 'mskResponse';
  const two = [KEY, { keyDomainId: '13f062', mskId: 'ffffffff' }];
  const items = two.map((key, index) => (isAnswer ? { ...key, responseCode: index === 0 ? 200 : 403 } : key));
  const ids = two.map(identificationOf);
  const body = isAnswer
    ? encodeMskResponse(
        ids.map((each, index) => ({ ...each, responseCode: index === 0 ? 200 : 403 })),
        profile,
      )
    : encodeMskRequest(ids, profile);
  const isBase64 = profile[isAnswer ? 'answerBody' : 'requestBody'] === 'base64';
  const test = canonical('two MSKs', body, isBase64, items);
  const xml = String(test.xml);
  const other = isBase64
    ? badBody('XML that is not in Base64', xml)
    : badBody('the Base64 of the XML', base64(xml));
  const own = isAnswer ? ANSWER_EDITS : profile.identifiers === 'hex' ? ATTRIBUTE_EDITS : PLAIN_EDITS;
  return [
    test,
    document(
      'valid',
      'UnknownElement',
      'an attribute and an element that nobody knows',
      edited(xml, FIRST_ITEM, '$1 later="1">$2').replace(/(<\/[^<]*>)$/, '<later/>$1'),
      { items },
    ),
    other,
    ...own.map(([comment, from, to]) => badDocument(comment, edited(xml, from, to))),
    badDocument(
      'the document of the default profile',
      '<mbmsMSKRequest xmlns="urn:3GPP:metadata:2005:MBMS:msk"><MSK><keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID></MSK></mbmsMSKRequest>',
    ),
  ];
}

/** The start tag of the first item, up to its end. */
const FIRST_ITEM = /(<(?:key|m) [^>]*)>()/;

const ATTRIBUTE_EDITS: readonly Edit[] = [
  ['no wrapper', /<\/?keys>/g, ''],
  ['a Key Domain ID in Base64', 'domain="00f110"', 'domain="APEQ"'],
  ['a Key Domain ID of 5 digits', 'domain="00f110"', 'domain="00f11"'],
  ['no Key Domain ID', ' domain="00f110"', ''],
  ['a Key Domain ID in an element', / domain="00f110">/, '><domain>00f110</domain>'],
  [
    'a Key Domain ID in an attribute of another namespace',
    ' domain="00f110"',
    ' x:domain="00f110" xmlns:x="urn:x"',
  ],
  ['two MSK IDs', '<id>00010000</id>', '<id>00010000</id><id>00010001</id>'],
  ['an MSK ID of 7 digits', '<id>00010000</id>', '<id>0001000</id>'],
  ['an MSK ID with a digit that is none', '<id>00010000</id>', '<id>0001000g</id>'],
  ['an MSK ID in the namespace of the root', '<id>00010000</id>', '<m:id>00010000</m:id>'],
];

const PLAIN_EDITS: readonly Edit[] = [
  ['a Key Domain ID in hexadecimal', 'd="APEQ"', 'd="00f110"'],
  ['an element beside an MSK ID', '>AAEAAA==<', '>AAEAAA==<n/><'],
  ['an MSK ID in an attribute', '>AAEAAA==<', ' id="AAEAAA=="><'],
];

const ANSWER_EDITS: readonly Edit[] = [
  ['a code of the default profile', '<code>OK</code>', '<code>200</code>'],
  ['a code that is no word of the profile', '<code>OK</code>', '<code>Ok</code>'],
  ['no wrapper of the code', '<result><code>OK</code></result>', '<code>OK</code>'],
  ['two wrappers of a code', '<result>', '<result><code>OK</code></result><result>'],
];

/** Registrations of another profile. */
export function foreignServiceTests(profile: PayloadProfile): Test[] {
  const items = ['urn:example:news', 'http://a.example/?b=1&c="2"'];
  const test = canonical('two services', encodeRegisterRequest(items, profile), true, items);
  const xml = String(test.xml);
  const bad = (comment: string, from: string | RegExp, to: string) =>
    badDocument(comment, edited(xml, from, to));
  return [
    test,
    document(
      'valid',
      'Order',
      'two wrappers',
      edited(xml, /(<service [^>]*>(?:<\/service>)?)/, '$1</services><services>'),
      { items },
    ),
    bad('a service as the text of its element', / uri="urn:example:news">/, '>urn:example:news'),
    bad('an attribute of another name', 'uri="urn', 'URI="urn'),
    bad('services outside their wrapper', /<\/?services>/g, ''),
    bad('an entity that XML does not have', 'uri="urn', 'uri="&urn;'),
  ];
}

/** @throws Error when there is nothing to change */
function edited(xml: string, from: string | RegExp, to: string): string {
  const changed = xml.replace(from, to);
  if (changed === xml) throw new Error(`${from} is not in ${xml}`);
  return changed;
}
