import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { DEFAULT_PAYLOAD_PROFILE as XML } from '../../lib/key-management/payload/payload-profile.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId, parseKeyDomainId } from '../../lib/keys/index.ts';
import type { Result, Test, TestGroup, VectorFile } from './data-set.ts';

const ELEMENT = {
  serviceId: 'serviceID',
  msk: 'MSK',
  keyDomainId: 'keyDomainID',
  mskId: 'MSKID',
  response: 'Response',
  responseCode: 'responseCode',
};
const names = ({ namespace, root }: { namespace: string; root: string }) => ({ namespace, root, ...ELEMENT });

const SOURCE = [
  'TS 33.246 §6.3.2, §G.2.3',
  'TS 26.346 §11',
  'XML 1.0',
  'Namespaces in XML 1.0',
  'RFC 4648 §4',
];

interface Key {
  readonly keyDomainId: string;
  readonly mskId: string;
}

const KEY: Key = { keyDomainId: '00f110', mskId: '00010000' };
const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64');
const hexBase64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const msk = (domain = hexBase64(KEY.keyDomainId), id = hexBase64(KEY.mskId)) =>
  `<MSK><keyDomainID>${domain}</keyDomainID><MSKID>${id}</MSKID></MSK>`;
const request = (inner: string, attributes = ` xmlns="${XML.mskRequest.namespace}"`) =>
  `<mbmsMSKRequest${attributes}>${inner}</mbmsMSKRequest>`;

type Make = (result: Result, flag: string, comment: string, xml: string, more?: object) => Test;

const document: Make = (result, flag, comment, xml, more = {}) => ({
  comment,
  result,
  flags: [flag, 'Unverified'],
  xml,
  ...more,
});
const badBody = (comment: string, body: string): Test => ({
  comment,
  result: 'invalid',
  flags: ['BadDocument'],
  body,
});

function mskRequestTests(): Test[] {
  const items = [KEY];
  const two = [KEY, { keyDomainId: '13f062', mskId: 'ffffffff' }];
  const encoded = encodeMskRequest(
    two.map((key) => ({
      keyDomainId: parseKeyDomainId(key.keyDomainId),
      mskId: mskId(Number.parseInt(key.mskId.slice(0, 4), 16), Number.parseInt(key.mskId.slice(4), 16)),
    })),
  );
  const taken = (comment: string, xml: string, flag = 'UnknownElement') =>
    document('valid', flag, comment, xml, { items });
  const bad = (comment: string, xml: string) => document('invalid', 'BadDocument', comment, xml);
  const xmlOfTwo = Buffer.from(encoded, 'base64').toString();
  return [
    document('valid', 'Canonical', 'two MSKs', xmlOfTwo, { body: encoded, items: two }),
    taken('no XML declaration', request(msk()), 'Order'),
    taken(
      'a prefix',
      request(msk(), ` xmlns:m="${XML.mskRequest.namespace}"`).replace(/<(\/?)/g, '<$1m:'),
      'Order',
    ),
    taken(
      'MSK ID first, blanks and line breaks',
      request('\n <MSK>\n  <MSKID>\tAAEAAA== </MSKID> <keyDomainID>APEQ</keyDomainID>\n</MSK>\n'),
      'Order',
    ),
    taken('the same MSK twice counts once', request(msk() + msk()), 'Order'),
    taken(
      'elements of another namespace',
      request(`<x:y xmlns:x="urn:x"><x:MSKID>no</x:MSKID></x:y>${msk()}`),
    ),
    taken(
      'unknown elements and attributes',
      request(`<later a="1"/>${msk().replace('<MSK>', '<MSK b="2"><n/>')}`),
    ),
    taken('comments and a processing instruction', request(`<!-- MSK --><?x y?>${msk()}`)),
    taken('CDATA and character references', request(msk('<![CDATA[APEQ]]>', '&#65;&#x41;EAAA==')), 'Order'),
    document(
      'acceptable',
      'UnknownElement',
      'another namespace of the root',
      request(msk(), ' xmlns="urn:other"'),
      { items },
    ),
    document('acceptable', 'Order', 'no namespace', request(msk(), ''), { items }),
    {
      comment: 'UTF-16 with a byte order mark',
      result: 'acceptable',
      flags: ['Order', 'Unverified'],
      body: base64(Buffer.from(`\ufeff${request(msk())}`, 'utf16le')),
      items,
    },
    {
      comment: 'Base64 in lines of 64',
      result: 'valid',
      flags: ['Order', 'Unverified'],
      body: base64(request(msk())).replace(/.{64}/g, '$&\r\n'),
      items,
    },
    badBody('nothing', ''),
    badBody('XML that is not in Base64', request(msk())),
    badBody(
      'Base64 without its padding',
      base64(`${request(msk())} `.replace(/ *$/, ''))
        .replace(/=*$/, '')
        .slice(0, -1),
    ),
    badBody(
      'Base64 of octets that are not UTF-8',
      base64(Buffer.from(`fffefdfc${Buffer.from(request(msk())).toString('hex')}`, 'hex').subarray(1)),
    ),
    bad('another root', `<mbmsMskRequests>${msk()}</mbmsMskRequests>`),
    bad(
      'the document of a registration',
      '<mbmsSecurityRegister><serviceID>urn:a:b</serviceID></mbmsSecurityRegister>',
    ),
    bad('an element that does not end', request(msk()).replace('</MSK>', '')),
    bad('two roots', request(msk()) + request(msk())),
    bad('a DTD', `<!DOCTYPE mbmsMSKRequest [<!ENTITY a "APEQ">]>${request(msk('&a;'))}`),
    bad('an entity that XML does not have', request(msk('&a;'))),
    bad('a prefix that is not declared', request(`<x:MSK/>${msk()}`)),
    bad('no MSK', request('')),
    bad(
      '65 MSKs',
      request(
        Array.from({ length: 65 }, (_, index) =>
          msk('APEQ', hexBase64(`0001${(index + 1).toString(16).padStart(4, '0')}`)),
        ).join(''),
      ),
    ),
    bad('no Key Domain ID', request(msk().replace(/<keyDomainID>.*<\/keyDomainID>/, ''))),
    bad('no MSK ID', request(msk().replace(/<MSKID>.*<\/MSKID>/, ''))),
    bad('two MSK IDs', request(msk().replace('</MSK>', '<MSKID>AAEAAA==</MSKID></MSK>'))),
    bad('a Key Domain ID of 2 octets', request(msk(hexBase64('00f1')))),
    bad('a Key Domain ID of 4 octets', request(msk(hexBase64('00f11000')))),
    bad('an MSK ID of 3 octets', request(msk(undefined, hexBase64('000100')))),
    bad('an MSK ID of 5 octets', request(msk(undefined, hexBase64('0001000000')))),
    bad('an MSK ID with bits left over', request(msk(undefined, 'AAEAAB=='))),
    bad('an MSK ID in hexadecimal', request(msk(undefined, '00010000'))),
    bad('an element inside an MSK ID', request(msk(undefined, '<a>AAEAAA==</a>'))),
  ];
}

function registerTests(): Test[] {
  const xml = (...ids: readonly string[]) =>
    `<${XML.register.root} xmlns="${XML.register.namespace}">${ids.map((id) => `<${ELEMENT.serviceId}>${id}</${ELEMENT.serviceId}>`).join('')}</${XML.register.root}>`;
  const services = ['urn:example:news', 'urn:example:sport'];
  const body = encodeRegisterRequest(services);
  const bad = (comment: string, text: string) => document('invalid', 'BadDocument', comment, text);
  return [
    document('valid', 'Canonical', 'two services', Buffer.from(body, 'base64').toString(), {
      body,
      items: services,
    }),
    document('valid', 'Order', 'the same service twice counts once', xml('urn:a:b', 'urn:a:b'), {
      items: ['urn:a:b'],
    }),
    document('valid', 'Order', 'an ampersand', xml('http://a.example/?b=1&amp;c=2'), {
      items: ['http://a.example/?b=1&c=2'],
    }),
    bad('no service', xml()),
    bad('an empty service', xml('')),
    bad('a service with a blank inside', xml('urn:a b')),
    bad('65 services', xml(...Array.from({ length: 65 }, (_, index) => `urn:a:${index}`))),
    bad('an MSK request', request(msk())),
  ];
}

/** Bodies of requests on the key management interface; the names of elements are this project's choice. */
export function xmlPayloadsFile(): VectorFile {
  const groups: TestGroup[] = [
    {
      type: 'MskRequestBody',
      source: SOURCE,
      names: names(XML.mskRequest),
      tests: mskRequestTests(),
    },
    {
      type: 'RegisterRequestBody',
      source: SOURCE,
      names: names(XML.register),
      tests: registerTests(),
    },
  ];
  return {
    title:
      'XML bodies of key management requests. `body` is what is sent: where it is not given, the Base64 of `xml`',
    testGroups: groups,
  };
}
