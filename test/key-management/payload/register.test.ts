import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import {
  decodeDeregisterRequest,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../lib/key-management/payload/register.ts';

const octets = (text: string) => Buffer.from(text, 'utf8');
const base64 = (xml: string) => octets(Buffer.from(xml, 'utf8').toString('base64'));
const request = (...serviceIds: string[]) =>
  base64(
    `<mbmsSecurityRegister>${serviceIds.map((id) => `<serviceID>${id}</serviceID>`).join('')}</mbmsSecurityRegister>`,
  );
const refusal = (code: string) => expect.objectContaining({ name: 'PayloadError', code });

const serviceId = fc
  .webUrl({ withQueryParameters: true, withFragments: true })
  .filter((url) => Buffer.byteLength(url) <= 512);
const anyServiceId = fc.oneof(
  serviceId,
  fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }).filter((text) => !/[\s\p{C}]/u.test(text)),
);

describe('a register request', () => {
  it('is the Base64 of one document in its namespace', () => {
    expect(Buffer.from(encodeRegisterRequest(['urn:a?b=1&c=<2>']), 'base64').toString('utf8')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<mbmsSecurityRegister xmlns="urn:3GPP:metadata:2005:MBMS:register">' +
        '<serviceID>urn:a?b=1&amp;c=&lt;2&gt;</serviceID></mbmsSecurityRegister>',
    );
  });

  it('comes back as it was, each service once', () => {
    fc.assert(
      fc.property(fc.array(anyServiceId, { minLength: 1, maxLength: 64 }), (ids) => {
        expect(decodeRegisterRequest(octets(encodeRegisterRequest(ids)))).toEqual([...new Set(ids)]);
      }),
    );
  });

  it('is no deregister request, though both look alike', () => {
    expect(decodeDeregisterRequest(octets(encodeDeregisterRequest(['urn:a'])))).toEqual(['urn:a']);
    expect(() => decodeDeregisterRequest(octets(encodeRegisterRequest(['urn:a'])))).toThrow(
      refusal('bad-content'),
    );
    expect(() => decodeRegisterRequest(octets(encodeDeregisterRequest(['urn:a'])))).toThrow(
      refusal('bad-content'),
    );
  });

  it.each([
    '0012',
    '00f110',
    '1e5',
    '0x10',
    '1e400',
    '-0',
    '+1',
    'true',
    'false',
    'null',
    'NaN',
    '__proto__',
    '1.0',
  ])('keeps the identifier %s as the text it is', (id) => {
    expect(decodeRegisterRequest(request(id))).toEqual([id]);
    expect(decodeRegisterRequest(octets(encodeRegisterRequest([id])))).toEqual([id]);
  });

  it('is read by local names, whatever the namespace, the prefix, attributes and elements of others', () => {
    const xml =
      '\ufeff<?xml version="1.0"?>\n<!-- from a UE -->\n<m:mbmsSecurityRegister xmlns:m="urn:other" version="1e5">\n' +
      '  <m:serviceID id="7">\n urn:a </m:serviceID><x:later xmlns:x="urn:x"><x:deep>1</x:deep></x:later>\n' +
      '<m:serviceID>urn:b</m:serviceID></m:mbmsSecurityRegister>\n';
    expect(decodeRegisterRequest(base64(xml))).toEqual(['urn:a', 'urn:b']);
  });

  it('may have its Base64 broken into lines', () => {
    const body = encodeRegisterRequest(['urn:a']).replace(/.{76}/g, '$&\r\n');
    expect(body).toContain('\r\n');
    expect(decodeRegisterRequest(octets(`${body}\r\n`))).toEqual(['urn:a']);
  });

  it.each([
    ['nothing', ''],
    ['XML that is not in Base64', '<mbmsSecurityRegister/>'],
    ['Base64 without its padding', 'PGE+PC9hPg'],
    ['Base64 with bits left over', 'PGE+PC9hPh=='],
    ['the URL alphabet', 'PGE-PC9hPg=='],
    ['Base64 with more behind its end', 'PGE+PC9hPg==PGE+'],
    ['octets outside ASCII', 'PGE+PC9hPg==\u00e9'],
  ])('is refused as bad Base64 when it is %s', (_, body) => {
    expect(() => decodeRegisterRequest(octets(body))).toThrow(refusal('bad-base64'));
  });

  it.each([
    [
      'a DTD',
      '<!DOCTYPE mbmsSecurityRegister><mbmsSecurityRegister><serviceID>a</serviceID></mbmsSecurityRegister>',
    ],
    [
      'an entity bomb',
      '<!DOCTYPE b [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;&m;&m;">]>' +
        '<mbmsSecurityRegister><serviceID>&n;</serviceID></mbmsSecurityRegister>',
    ],
    [
      'an external entity',
      '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>' +
        '<mbmsSecurityRegister><serviceID>&x;</serviceID></mbmsSecurityRegister>',
    ],
    ['an entity of no DTD', '<mbmsSecurityRegister><serviceID>a&nbsp;b</serviceID></mbmsSecurityRegister>'],
    [
      'a reference to no character',
      '<mbmsSecurityRegister><serviceID>&#0;</serviceID></mbmsSecurityRegister>',
    ],
    ['a prefix not declared', '<mbmsSecurityRegister><x:serviceID>a</x:serviceID></mbmsSecurityRegister>'],
    ['an element not closed', '<mbmsSecurityRegister><serviceID>a</mbmsSecurityRegister>'],
    ['no element', 'urn:a'],
    ['depth', `<mbmsSecurityRegister>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</mbmsSecurityRegister>`],
  ])('is refused as bad XML when it has %s', (_, xml) => {
    expect(() => decodeRegisterRequest(base64(xml))).toThrow(refusal('bad-xml'));
  });

  it('may have elements a hundred deep and no deeper', () => {
    const nested = (depth: number) =>
      base64(
        `<mbmsSecurityRegister><serviceID>a</serviceID>${'<x>'.repeat(depth - 1)}${'</x>'.repeat(depth - 1)}</mbmsSecurityRegister>`,
      );
    expect(decodeRegisterRequest(nested(100))).toEqual(['a']);
    expect(() => decodeRegisterRequest(nested(101))).toThrow(refusal('bad-xml'));
  });

  it('is refused as bad XML when it is not UTF-8', () => {
    const latin1 = Buffer.from(
      '<mbmsSecurityRegister><serviceID>\xe9</serviceID></mbmsSecurityRegister>',
      'latin1',
    );
    expect(() => decodeRegisterRequest(octets(latin1.toString('base64')))).toThrow(refusal('bad-xml'));
  });

  it.each([
    ['another root', '<other><serviceID>a</serviceID></other>'],
    ['no service', '<mbmsSecurityRegister/>'],
    ['only text', '<mbmsSecurityRegister>urn:a</mbmsSecurityRegister>'],
    ['an empty service', '<mbmsSecurityRegister><serviceID> </serviceID></mbmsSecurityRegister>'],
    ['a blank in a service', '<mbmsSecurityRegister><serviceID>a b</serviceID></mbmsSecurityRegister>'],
    [
      'a service with elements',
      '<mbmsSecurityRegister><serviceID><a>b</a></serviceID></mbmsSecurityRegister>',
    ],
    [
      'a service of 513 octets',
      `<mbmsSecurityRegister><serviceID>${'é'.repeat(256)}e</serviceID></mbmsSecurityRegister>`,
    ],
  ])('is refused as bad content when it has %s', (_, xml) => {
    expect(() => decodeRegisterRequest(base64(xml))).toThrow(refusal('bad-content'));
  });

  it.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '#text'])(
    'can not reach an object prototype by elements named %s',
    (name) => {
      const xml = `<mbmsSecurityRegister><serviceID>urn:a</serviceID><${name}><isAdmin>1</isAdmin></${name}></mbmsSecurityRegister>`;
      try {
        expect(decodeRegisterRequest(base64(xml))).toEqual(['urn:a']);
      } catch (error) {
        expect(error).toEqual(refusal('bad-xml'));
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as { isAdmin?: string }).isAdmin).toBeUndefined();
      expect(() => decodeRegisterRequest(base64(`<${name}><serviceID>urn:a</serviceID></${name}>`))).toThrow(
        PayloadError,
      );
    },
  );

  it('holds 64 services and no more', () => {
    const ids = Array.from({ length: 65 }, (_, index) => `urn:${index}`);
    expect(decodeRegisterRequest(request(...ids.slice(1)))).toHaveLength(64);
    expect(() => decodeRegisterRequest(request(...ids))).toThrow(refusal('too-many'));
    expect(() => encodeRegisterRequest(ids)).toThrow(refusal('too-many'));
  });

  it('is refused by its size before anything of it is read', () => {
    const valid = encodeRegisterRequest(['urn:a']);
    expect(decodeRegisterRequest(octets(valid.padEnd(65_536)))).toEqual(['urn:a']);
    expect(() => decodeRegisterRequest(octets(valid.padEnd(65_537)))).toThrow(refusal('too-large'));
    expect(() => decodeRegisterRequest(new Uint8Array(65_537))).toThrow(refusal('too-large'));
  });

  it.each([
    ['no services', [], 'bad-content'],
    ['an empty service', [''], 'bad-content'],
    ['a lone surrogate', ['urn:\ud800'], 'bad-content'],
    [
      'more than the BM-SC would read',
      Array.from({ length: 64 }, (_, index) => `${index}${'&'.repeat(500)}`),
      'too-large',
    ],
  ])('is not made of %s', (_, ids, code) => {
    expect(() => encodeRegisterRequest(ids)).toThrow(refusal(code));
    expect(() => encodeDeregisterRequest(ids)).toThrow(refusal(code));
  });

  it('is refused in every prefix', () => {
    const body = octets(encodeRegisterRequest(['urn:a', 'urn:b']));
    for (let length = 0; length < body.length; length++) {
      expect(() => decodeRegisterRequest(body.subarray(0, length))).toThrow(PayloadError);
    }
  });

  it('is a list of services or a PayloadError, whatever the octets', () => {
    const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme' }).map(base64));
    fc.assert(
      fc.property(bodies, (body) => {
        for (const decode of [decodeRegisterRequest, decodeDeregisterRequest, decodeRegisterResponse]) {
          try {
            expect(decode(body).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(PayloadError);
          }
        }
      }),
    );
  });
});

describe('a register response', () => {
  it('comes back as it was', () => {
    const item = fc.record({ serviceId: anyServiceId, responseCode: fc.integer({ min: 100, max: 599 }) });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 64 }), (items) => {
        expect(decodeRegisterResponse(octets(encodeRegisterResponse(items)))).toEqual(items);
      }),
    );
  });

  it('fits for every request that was read', () => {
    const ids = Array.from({ length: 64 }, (_, index) => `${index}${'&'.repeat(140)}`);
    const body = octets(encodeRegisterRequest(ids));
    expect(body.length).toBeGreaterThan(60_000);
    const items = decodeRegisterRequest(body).map((each) => ({ serviceId: each, responseCode: 404 }));
    expect(decodeRegisterResponse(octets(encodeRegisterResponse(items)))).toEqual(items);
  });

  it.each([
    ['two codes', '<serviceID>a</serviceID><responseCode>200</responseCode><responseCode>403</responseCode>'],
    ['no code', '<serviceID>a</serviceID>'],
    ['a code in hexadecimal', '<serviceID>a</serviceID><responseCode>0x10</responseCode>'],
    ['a code with an exponent', '<serviceID>a</serviceID><responseCode>2e2</responseCode>'],
    ['no service', '<responseCode>200</responseCode>'],
  ])('is refused when an item has %s', (_, item) => {
    const xml = `<mbmsSecurityRegisterResponse><Response>${item}</Response></mbmsSecurityRegisterResponse>`;
    expect(() => decodeRegisterResponse(base64(xml))).toThrow(refusal('bad-content'));
  });

  it.each([99, 600, 200.5, Number.NaN, 1e21])('is not made with the code %d', (responseCode) => {
    expect(() => encodeRegisterResponse([{ serviceId: 'a', responseCode }])).toThrow(refusal('bad-content'));
  });
});
