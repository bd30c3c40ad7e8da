import type { PayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import {
  encodeDeregisterRequest,
  encodeDeregisterResponse,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../lib/key-management/payload/register.ts';
import type { Test } from './data-set.ts';
import { badBody, badDocument, canonical, document } from './xml-tests.ts';

const SERVICES = ['urn:example:news', 'urn:example:sport'];

/** Bodies of registrations or deregistrations, as the default profile has them. */
export function requestTests(name: 'register' | 'deregister', profile: PayloadProfile): Test[] {
  const { root, namespace } = profile[name];
  const encode = name === 'register' ? encodeRegisterRequest : encodeDeregisterRequest;
  const other = profile[name === 'register' ? 'deregister' : 'register'].root;
  const of = (ids: readonly string[], at = root, attributes = ` xmlns="${namespace}"`) =>
    `<${at}${attributes}>${ids.map((id) => `<serviceID>${id}</serviceID>`).join('')}</${at}>`;
  const xml = (...ids: readonly string[]) => of(ids);
  return [
    canonical('two services', encode(SERVICES, profile), true, SERVICES),
    document('valid', 'Order', 'the same service twice counts once', xml('urn:a:b', 'urn:a:b'), {
      items: ['urn:a:b'],
    }),
    document('valid', 'Order', 'an ampersand', xml('http://a.example/?b=1&amp;c=2'), {
      items: ['http://a.example/?b=1&c=2'],
    }),
    document(
      'acceptable',
      'UnknownElement',
      'another namespace of the root',
      of(['urn:a:b'], root, ' xmlns="urn:o"'),
      {
        items: ['urn:a:b'],
      },
    ),
    badBody('XML that is not in Base64', xml('urn:a:b')),
    badDocument('no service', xml()),
    badDocument('an empty service', xml('')),
    badDocument('a service with a blank inside', xml('urn:a b')),
    badDocument('a service with an element inside', xml('<a>urn:a:b</a>')),
    badDocument('a service of 513 octets', xml(`urn:${'a'.repeat(509)}`)),
    badDocument('65 services', xml(...Array.from({ length: 65 }, (_, index) => `urn:a:${index}`))),
    badDocument(
      'the services of another namespace',
      xml().replace('></', '><x:serviceID xmlns:x="urn:x">urn:a:b</x:serviceID></'),
    ),
    badDocument(`the document of a ${name === 'register' ? 'de' : ''}registration`, of(['urn:a:b'], other)),
    badDocument(
      'an MSK request',
      '<mbmsMSKRequest><MSK><keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID></MSK></mbmsMSKRequest>',
    ),
  ];
}

/** Bodies of answers to them, as the default profile has them. */
export function responseTests(
  name: 'registerResponse' | 'deregisterResponse',
  profile: PayloadProfile,
): Test[] {
  const { root, namespace } = profile[name];
  const encode = name === 'registerResponse' ? encodeRegisterResponse : encodeDeregisterResponse;
  const item = (inner: string) => `<Response>${inner}</Response>`;
  const of = (inner: string) => `<${root} xmlns="${namespace}">${inner}</${root}>`;
  const both = (id: string, code: string) =>
    of(item(`<serviceID>${id}</serviceID><responseCode>${code}</responseCode>`));
  const two = SERVICES.map((serviceId, index) => ({ serviceId, responseCode: index === 0 ? 200 : 403 }));
  return [
    canonical('one service granted, one refused', encode(two, profile), true, two),
    document(
      'valid',
      'Order',
      'the code first',
      of(item('<responseCode>404</responseCode><serviceID>urn:a:b</serviceID>')),
      {
        items: [{ serviceId: 'urn:a:b', responseCode: 404 }],
      },
    ),
    document('acceptable', 'Order', 'a code that nobody here sends', both('urn:a:b', '500'), {
      items: [{ serviceId: 'urn:a:b', responseCode: 500 }],
    }),
    badDocument('no items', of('')),
    badDocument('no code', of(item('<serviceID>urn:a:b</serviceID>'))),
    badDocument('no service', of(item('<responseCode>200</responseCode>'))),
    badDocument(
      'two services',
      of(item('<serviceID>urn:a</serviceID><serviceID>urn:b</serviceID><responseCode>200</responseCode>')),
    ),
    badDocument('an empty service', both('', '200')),
    badDocument('a code of two digits', both('urn:a:b', '20')),
    badDocument('a code with a sign', both('urn:a:b', '+200')),
    badDocument('a code above 599', both('urn:a:b', '999')),
    badDocument(
      'the document of an answer to an MSK request',
      '<mbmsMSKResponse><Response><keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID><responseCode>200</responseCode></Response></mbmsMSKResponse>',
    ),
  ];
}
