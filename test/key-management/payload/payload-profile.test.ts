import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import { MISMATCH_MEMBERS } from '../../../lib/key-management/payload/mismatch.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../lib/key-management/payload/msk-request.ts';
import {
  DEFAULT_PAYLOAD_PROFILE,
  parsePayloadProfile,
} from '../../../lib/key-management/payload/payload-profile.ts';
import {
  decodeDeregisterRequest,
  decodeDeregisterResponse,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeDeregisterResponse,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../lib/key-management/payload/register.ts';
import { keyDomainIdFromOctets, parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { anyProfile } from './any-profile.ts';
import { FOREIGN_PROFILE } from './foreign-profile.ts';

const octets = (text: string) => Buffer.from(text, 'utf8');
const base64 = (xml: string) => octets(Buffer.from(xml).toString('base64'));
const DOMAIN = parseKeyDomainId('00f110');
const FOREIGN = parsePayloadProfile(FOREIGN_PROFILE);

const key = fc.record({
  keyDomainId: fc.uint8Array({ minLength: 3, maxLength: 3 }).map(keyDomainIdFromOctets),
  mskId: fc
    .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }))
    .map(([group, number]) => mskId(group, number)),
});
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 8, selector: (each) => JSON.stringify(each) });
const services = fc.uniqueArray(fc.webUrl({ withQueryParameters: true }), { minLength: 1, maxLength: 8 });
const code = fc.constantFrom(200, 403, 404, 500);

/** The mismatch of what a decoder throws. */
function mismatchOf(decode: () => unknown) {
  try {
    decode();
  } catch (error) {
    if (error instanceof PayloadError) return error.mismatch;
    throw error;
  }
  throw new Error('it was decoded');
}

describe('by any profile', () => {
  test('requests come back as they were', () => {
    fc.assert(
      fc.property(anyProfile, services, keys, (input, serviceIds, ids) => {
        const profile = parsePayloadProfile(input);
        expect(decodeRegisterRequest(octets(encodeRegisterRequest(serviceIds, profile)), profile)).toEqual(
          serviceIds,
        );
        const left = octets(encodeDeregisterRequest(serviceIds, profile));
        expect(decodeDeregisterRequest(left, profile)).toEqual(serviceIds);
        expect(decodeMskRequest(octets(encodeMskRequest(ids, profile)), profile)).toEqual(ids);
      }),
    );
  });

  test('answers come back as they were', () => {
    fc.assert(
      fc.property(anyProfile, services, keys, code, (input, serviceIds, ids, responseCode) => {
        const profile = parsePayloadProfile(input);
        const items = serviceIds.map((serviceId) => ({ serviceId, responseCode }));
        expect(decodeRegisterResponse(octets(encodeRegisterResponse(items, profile)), profile)).toEqual(
          items,
        );
        const left = octets(encodeDeregisterResponse(items, profile));
        expect(decodeDeregisterResponse(left, profile)).toEqual(items);
        const msks = ids.map((each) => ({ ...each, responseCode }));
        expect(decodeMskResponse(octets(encodeMskResponse(msks, profile)), profile)).toEqual(msks);
      }),
    );
  });

  test('octets are a request or a PayloadError', () => {
    const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('<r a="1"><i b="2">c</i></r>'));
    fc.assert(
      fc.property(anyProfile, texts, (input, text) => {
        const profile = parsePayloadProfile(input);
        for (const body of [octets(text), base64(text)])
          for (const decode of [decodeRegisterRequest, decodeMskRequest, decodeMskResponse])
            try {
              decode(body, profile);
            } catch (error) {
              expect(error).toBeInstanceOf(PayloadError);
            }
      }),
    );
  });
});

test('a foreign profile makes the document that it describes', () => {
  const items = [{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }];
  expect(Buffer.from(encodeMskRequest(items, FOREIGN), 'base64').toString()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><m:KeyRequest xmlns:m="urn:vendor:mbms:1">' +
      '<keys><key domain="00f110"><id>00010000</id></key></keys></m:KeyRequest>',
  );
});

test('what registerResponse says holds for the answer to a deregistration, unless that says otherwise', () => {
  const { registerResponse, deregisterResponse } = parsePayloadProfile({
    registerResponse: { root: 'Answer', item: 'service' },
    deregisterResponse: { item: 'left' },
  });
  expect(deregisterResponse).toEqual({
    ...registerResponse,
    item: expect.objectContaining({ text: 'left' }),
  });
  expect(deregisterResponse.root).toBe('Answer');
});

describe('whatever the profile,', () => {
  const oneKey = (attribute: string, id = '<id>00010000</id>', within = 'key') =>
    base64(
      `<m:KeyRequest xmlns:m="urn:other"><keys><${within} ${attribute}>${id}</${within}></keys></m:KeyRequest>`,
    );

  test('the namespace of the root may be any, and what is unknown is passed over', () => {
    const more = '<x:y xmlns:x="urn:x">1</x:y><later/>';
    expect(decodeMskRequest(oneKey('domain="00F110" a="1"', `<id>00010000</id>${more}`), FOREIGN)).toEqual([
      { keyDomainId: DOMAIN, mskId: mskId(1, 0) },
    ]);
    const plain = base64(
      '<KeyRequest><keys><key domain="00f110"><id>00010000</id></key></keys></KeyRequest>',
    );
    expect(decodeMskRequest(plain, FOREIGN)).toHaveLength(1);
  });

  test.each([
    ['an ID of another length', oneKey('domain="00f1"')],
    ['an ID in Base64 where hexadecimal digits are', oneKey('domain="APEQ"')],
    ['two IDs', oneKey('domain="00f110"', '<id>00010000</id><id>00010001</id>')],
    ['no ID', oneKey('domain="00f110"', '')],
    ['an element for an attribute', oneKey('', '<domain>00f110</domain><id>00010000</id>')],
    ['an element beside an ID', oneKey('domain="00f110"', '<id>00010000<a/></id>')],
    ['an element in an ID', oneKey('domain="00f110"', '<id><a>00010000</a></id>')],
    ['qualified elements where they have no namespace', oneKey('domain="00f110"', '<m:id>00010000</m:id>')],
    ['XML as it is', Buffer.from(Buffer.from(String(oneKey('domain="00f110"')), 'base64'))],
    [
      'the document of the default profile',
      octets(encodeMskRequest([{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }])),
    ],
  ])('%s is refused, and it is said what was expected', (_, body) => {
    const mismatch = mismatchOf(() => decodeMskRequest(body, FOREIGN));
    expect(MISMATCH_MEMBERS).toContain(mismatch?.member);
  });

  test('an attribute that stands there twice, once in the namespace of its element, has no one value', () => {
    const xml = '<m:r xmlns:m="urn:a"><m:s u="urn:b" m:u="urn:c"/></m:r>';
    const profile = parsePayloadProfile({ register: { root: 'r', item: 's', serviceId: '@u' } });
    expect(() => decodeRegisterRequest(base64(xml), profile)).toThrow('there must be one @u');
    expect(decodeRegisterRequest(base64(xml.replace(' u="urn:b"', '')), profile)).toEqual(['urn:c']);
    expect(decodeRegisterRequest(base64(xml.replace('m:u', 'n:u')), profile)).toEqual(['urn:b']);
  });

  test('entities in an attribute are those of XML', () => {
    const profile = parsePayloadProfile({ register: { item: 's', serviceId: '@u' } });
    const xml = (value: string) => base64(`<mbmsSecurityRegister><s u="${value}"/></mbmsSecurityRegister>`);
    expect(decodeRegisterRequest(xml('urn:a?b&amp;&#x63;'), profile)).toEqual(['urn:a?b&c']);
    expect(() => decodeRegisterRequest(xml('urn:a&nbsp;'), profile)).toThrow(PayloadError);
  });
});

describe('a mismatch', () => {
  const at = (xml: string) => mismatchOf(() => decodeMskRequest(base64(xml)));
  const root = (inner: string) => `<mbmsMSKRequest>${inner}</mbmsMSKRequest>`;

  test.each([
    ['<mskReq><a/></mskReq>', { member: 'mskRequest.root', expected: 'mbmsMSKRequest', came: ['mskReq'] }],
    [root('<key/><key/><x/>'), { member: 'mskRequest.item', expected: 'MSK', came: ['key', 'x'] }],
    [
      root('<MSK id="1"><keyDomain>APEQ</keyDomain></MSK>'),
      { member: 'mskRequest.keyDomainId', expected: 'keyDomainID', came: ['keyDomain', '@id'] },
    ],
    [
      '<m:mbmsMSKRequest xmlns:m="urn:a"><MSK/></m:mbmsMSKRequest>',
      { member: 'mskRequest.item', expected: 'MSK', came: ['{}MSK'] },
    ],
    [
      root('<MSK><keyDomainID>00f110</keyDomainID><MSKID>AAEAAA==</MSKID></MSK>'),
      { member: 'identifiers', expected: 'the Base64 of 3 octets', came: ['6 hexadecimal digits'] },
    ],
  ])('of %s names the member, what was expected and what came', (xml, expected) => {
    expect(at(xml)).toEqual(expected);
  });

  test('tells XML as it is from Base64', () => {
    expect(mismatchOf(() => decodeMskRequest(octets('\n<a/>')))).toEqual({
      member: 'requestBody',
      expected: 'base64',
      came: ['xml'],
    });
    const xml = parsePayloadProfile({ requestBody: 'xml' });
    expect(mismatchOf(() => decodeMskRequest(base64('<a/>'), xml))).toEqual({
      member: 'requestBody',
      expected: 'xml',
      came: ['base64'],
    });
  });

  test('has no value of a UE in it, and a few short names at most', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (name) => {
        const text = Buffer.from(name).toString('base64').replace(/[+/=]/g, 'x');
        const xml = root(`<MSK><keyDomainID>${text}</keyDomainID><MSKID>${text}</MSKID></MSK>`);
        const mismatch = mismatchOf(() => decodeMskRequest(base64(xml)));
        if (text.length > 3) expect(JSON.stringify(mismatch)).not.toContain(text);
        const many = root(
          Array.from({ length: 50 }, (_, index) => `<n${index}${'é'.repeat(100)}/>`).join(''),
        );
        const { came = [] } = mismatchOf(() => decodeMskRequest(base64(many))) ?? {};
        expect(came).toHaveLength(8);
        for (const each of came) expect(each.length).toBeLessThanOrEqual(65);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a profile is refused, and its member named, when', () => {
  test.each([
    [{ mskRequest: { root: 'm:r' } }, 'mskRequest.root: an XML name'],
    [{ mskRequest: { item: 'a/@b' } }, 'mskRequest.item: a path of elements'],
    [{ mskRequest: { mskId: 'a//b' } }, 'mskRequest.mskId: a path within the item'],
    [{ mskRequest: { mskId: '__proto__' } }, 'mskRequest.mskId: a path within the item'],
    [{ mskRequest: { mskId: 'keyDomainID' } }, 'mskRequest: paths of an item that are apart'],
    [{ mskRequest: { mskId: 'keyDomainID/x' } }, 'mskRequest: paths of an item that are apart'],
    [{ mskRequest: { mskId: '.' } }, 'mskRequest: paths of an item that are apart'],
    [{ mskRequest: { names: 'x' } }, 'mskRequest.names: there is no such member'],
    [{ mskRequest: { requestType: 'register' } }, 'three different values of requestType'],
    [{ mskRequest: { requestType: 'a b' } }, 'mskRequest.requestType: letters, digits'],
    [{ mskRequest: { mediaType: 'xml' } }, 'mskRequest.mediaType: a media type'],
    [{ mskRequest: { namespace: 'a b' } }, 'mskRequest.namespace: a URI'],
    [{ responseCodes: { granted: '403' } }, 'responseCodes: three different codes'],
    [
      { registerResponse: { responseCode: 'serviceID' } },
      'registerResponse: paths of an item that are apart',
    ],
    [{ requestBody: 'gzip' }, 'requestBody: '],
    [[], 'a JSON object'],
    ['x', 'a JSON object'],
  ])('it is %j', (input, message) => {
    expect(() => parsePayloadProfile(input)).toThrow(message);
  });

  test('an attribute beside a text is apart from it', () => {
    expect(parsePayloadProfile({ mskRequest: { mskId: '.', keyDomainId: '@domain' } })).toBeDefined();
    expect(parsePayloadProfile({ mskRequest: { mskId: 'a', keyDomainId: 'a/@b' } })).toBeDefined();
  });

  test('the default one is every default', () => {
    expect(parsePayloadProfile({})).toEqual(DEFAULT_PAYLOAD_PROFILE);
  });
});

test('a profile whose root is the item holds one', () => {
  const profile = parsePayloadProfile({ mskRequest: { item: '.' } });
  const one = [{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }];
  expect(decodeMskRequest(octets(encodeMskRequest(one, profile)), profile)).toEqual(one);
  expect(() => encodeMskRequest([...one, { keyDomainId: DOMAIN, mskId: mskId(2, 0) }], profile)).toThrow(
    'holds one item',
  );
});

test('a code that means something only by the default profile is refused by another', () => {
  const profile = parsePayloadProfile({ responseCodes: { granted: 'OK' } });
  const answer = (text: string) =>
    base64(
      `<mbmsSecurityRegisterResponse><Response><serviceID>urn:a</serviceID><responseCode>${text}</responseCode></Response></mbmsSecurityRegisterResponse>`,
    );
  expect(decodeRegisterResponse(answer('OK'), profile)).toEqual([{ serviceId: 'urn:a', responseCode: 200 }]);
  expect(decodeRegisterResponse(answer('500'), profile)).toEqual([{ serviceId: 'urn:a', responseCode: 500 }]);
  expect(() => decodeRegisterResponse(answer('200'), profile)).toThrow(PayloadError);
});
