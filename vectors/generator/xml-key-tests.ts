import {
  encodeMskRequest,
  encodeMskResponse,
  type KeyIdentification,
} from '../../lib/key-management/payload/msk-request.ts';
import type { PayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import { mskId, parseKeyDomainId } from '../../lib/keys/index.ts';
import type { Test } from './data-set.ts';
import { badBody, badDocument, base64, canonical, document, hexBase64 } from './xml-tests.ts';

/** A key as the data set has it: octets in hexadecimal. */
export interface Key {
  readonly keyDomainId: string;
  readonly mskId: string;
}

export const KEY: Key = { keyDomainId: '00f110', mskId: '00010000' };

/** The same as the encoders take it. */
export function identificationOf(key: Key): KeyIdentification {
  const id = Number.parseInt(key.mskId, 16);
  return { keyDomainId: parseKeyDomainId(key.keyDomainId), mskId: mskId(id >>> 16, id & 0xffff) };
}

const msk = (domain = hexBase64(KEY.keyDomainId), id = hexBase64(KEY.mskId)) =>
  `<MSK><keyDomainID>${domain}</keyDomainID><MSKID>${id}</MSKID></MSK>`;

/** Bodies of MSK requests, as the default profile has them. */
export function mskRequestTests(profile: PayloadProfile): Test[] {
  const { namespace } = profile.mskRequest;
  const request = (inner: string, attributes = ` xmlns="${namespace}"`) =>
    `<mbmsMSKRequest${attributes}>${inner}</mbmsMSKRequest>`;
  const items = [KEY];
  const two = [KEY, { keyDomainId: '13f062', mskId: 'ffffffff' }];
  const encoded = encodeMskRequest(two.map(identificationOf), profile);
  const taken = (comment: string, xml: string, flag = 'UnknownElement') =>
    document('valid', flag, comment, xml, { items });
  const bad = badDocument;
  return [
    canonical('two MSKs', encoded, true, two),
    taken('no XML declaration', request(msk()), 'Order'),
    taken('a prefix', request(msk(), ` xmlns:m="${namespace}"`).replace(/<(\/?)/g, '<$1m:'), 'Order'),
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

/** Bodies of answers to MSK requests, as the default profile has them. */
export function mskResponseTests(profile: PayloadProfile): Test[] {
  const { namespace } = profile.mskResponse;
  const item = (codes = '<responseCode>403</responseCode>', id = hexBase64(KEY.mskId)) =>
    `<Response><keyDomainID>APEQ</keyDomainID><MSKID>${id}</MSKID>${codes}</Response>`;
  const answer = (inner: string, attributes = ` xmlns="${namespace}"`) =>
    `<mbmsMSKResponse${attributes}>${inner}</mbmsMSKResponse>`;
  const items = [{ ...KEY, responseCode: 403 }];
  const two = [
    { ...KEY, responseCode: 200 },
    { keyDomainId: '13f062', mskId: 'ffffffff', responseCode: 404 },
  ];
  const encoded = encodeMskResponse(
    two.map((each) => ({ ...identificationOf(each), responseCode: each.responseCode })),
    profile,
  );
  const code = (text: string) => answer(item(`<responseCode>${text}</responseCode>`));
  return [
    canonical('one MSK granted, one unknown', encoded, true, two),
    document(
      'valid',
      'Order',
      'the code first',
      answer(item().replace(/(<keyD.*)(<resp.*)(<\/Response>)/, '$2$1$3')),
      { items },
    ),
    document(
      'valid',
      'UnknownElement',
      'elements of another namespace',
      answer(`${item()}<x:y xmlns:x="urn:x"/>`),
      { items },
    ),
    document(
      'acceptable',
      'UnknownElement',
      'another namespace of the root',
      answer(item(), ' xmlns="urn:other"'),
      { items },
    ),
    document('acceptable', 'Order', 'a code that nobody here sends', code('503'), {
      items: [{ ...KEY, responseCode: 503 }],
    }),
    badBody('nothing', ''),
    badBody('XML that is not in Base64', answer(item())),
    badDocument('no items', answer('')),
    badDocument('no code', answer(item(''))),
    badDocument(
      'two codes',
      answer(item('<responseCode>200</responseCode><responseCode>403</responseCode>')),
    ),
    badDocument('a code of two digits', code('20')),
    badDocument('a code of four digits', code('0200')),
    badDocument('a code in hexadecimal', code('0xC8')),
    badDocument('a code that is a word', code('OK')),
    badDocument('a code below 100', code('099')),
    badDocument('a code above 599', code('600')),
    badDocument('an MSK ID of 3 octets', answer(item(undefined, hexBase64('000100')))),
    badDocument('the document of a request', `<mbmsMSKRequest>${msk()}</mbmsMSKRequest>`),
    badDocument('65 items', answer(item().repeat(65))),
  ];
}
