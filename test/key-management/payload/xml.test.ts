import { describe, expect, test } from 'vitest';
import { decodeMskRequest } from '../../../lib/key-management/payload/msk-request.ts';
import { decodeRegisterRequest } from '../../../lib/key-management/payload/register.ts';
import { parseXml, textOf } from '../../../lib/key-management/payload/xml.ts';

const ROOT = 'mbmsSecurityRegister';
const body = (octets: Uint8Array) => Buffer.from(Buffer.from(octets).toString('base64'));
const document = (inner: string, attributes = '') => `<${ROOT}${attributes}>${inner}</${ROOT}>`;
const services = (xml: string) => decodeRegisterRequest(body(Buffer.from(xml)));
const refusal = (code: string) => expect.objectContaining({ name: 'PayloadError', code });

const SERVICE = '<serviceID>urn:a</serviceID>';
const NAMESPACES = ' xmlns="urn:own" xmlns:v="urn:vendor" xmlns:o="urn:own"';

describe('a document may have', () => {
  test.each([
    ['CDATA', document('<serviceID><![CDATA[urn:a]]></serviceID>')],
    ['CDATA beside text', document('<serviceID>ur<![CDATA[n:]]>a</serviceID>')],
    ['a comment in text', document('<serviceID>urn<!-- <!DOCTYPE a> -->:a</serviceID>')],
    ['a processing instruction', document(`<?vendor <a?>${SERVICE}`)],
    ['a text that looks like a DTD', document(`<note><![CDATA[<!DOCTYPE a>]]></note>${SERVICE}`)],
    ['character references', document('<serviceID>&#x75;r&#110;:a</serviceID>')],
    ['a prefix for its own namespace', document('<o:serviceID>urn:a</o:serviceID>', NAMESPACES)],
    ['elements of another namespace', document(`${SERVICE}<v:serviceID>urn:b</v:serviceID>`, NAMESPACES)],
    [
      'another default namespace within',
      document(`${SERVICE}<serviceID xmlns="urn:v">urn:b</serviceID>`, NAMESPACES),
    ],
    ['an element constructor', document(`<constructor><a>1</a></constructor>${SERVICE}`)],
    ['an element __proto__', document(`<__proto__><a>1</a></__proto__>${SERVICE}`)],
    [
      'empty elements',
      document(`<later/><later a="1"/>${SERVICE}<constructor/><element:x xmlns:element="urn:v"/>`),
    ],
    ['a deep extension', document(`${SERVICE}${'<x>'.repeat(20)}${'</x>'.repeat(20)}`)],
    ['one service 65 times', document(SERVICE.repeat(65))],
  ])('%s', (_, xml) => {
    expect(services(xml)).toEqual(['urn:a']);
  });

  test('a root with a prefix', () => {
    const xml = `<r:${ROOT} xmlns:r="urn:own"><r:serviceID>urn:a</r:serviceID><serviceID>urn:b</serviceID></r:${ROOT}>`;
    expect(services(xml)).toEqual(['urn:a']);
  });

  test('white space within the Base64 of its keys', () => {
    const xml =
      '<mbmsMSKRequest><MSK><keyDomainID>AP EQ</keyDomainID><MSKID>ABAA\n AA==</MSKID></MSK></mbmsMSKRequest>';
    expect(decodeMskRequest(body(Buffer.from(xml)))).toMatchObject([{ keyDomainId: '00f110' }]);
  });

  test.each([
    ['UTF-16LE', '\ufeff', false],
    ['UTF-16BE', '\ufeff', true],
    ['UTF-16LE', '', false],
    ['UTF-16BE', '', true],
  ])('the encoding %s with the byte order mark "%s"', (_, mark, isSwapped) => {
    const octets = Buffer.from(
      `${mark}<?xml version="1.0" encoding="UTF-16"?>${document(SERVICE)}`,
      'utf16le',
    );
    expect(decodeRegisterRequest(body(isSwapped ? octets.swap16() : octets))).toEqual(['urn:a']);
  });
});

test('a service of another namespace is none', () => {
  expect(() => services(document('<v:serviceID>urn:a</v:serviceID>', NAMESPACES))).toThrow(
    refusal('bad-content'),
  );
});

test('a DTD is refused as a DTD', () => {
  expect(() => services(`<!DOCTYPE ${ROOT}>${document(SERVICE)}`)).toThrow(
    'a document with a DTD is not taken',
  );
});

test.each([
  ['white space', document(`<serviceID>${' '.repeat(20_000)}a${' '.repeat(20_000)}b</serviceID>`)],
  [
    'namespaces',
    document(
      '<x xmlns="b"/>'.repeat(1500),
      Array.from({ length: 1500 }, (_, index) => ` xmlns:a${index}="u"`).join(''),
    ),
  ],
])('a document full of %s is refused in time linear in its length', (_, xml) => {
  // CPU, and the best of three: others may use the machine.
  const cpuMs = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    expect(() => services(xml)).toThrow(refusal('bad-content'));
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  expect(Math.min(...cpuMs)).toBeLessThan(250);
});

test('a message about names says which was expected, and which came', () => {
  const read = () => decodeMskRequest(body(Buffer.from('<mskReq/>')));
  expect(read).toThrow('the one root element mbmsMSKRequest, here is mskReq');
  expect(() => decodeMskRequest(body(Buffer.from(`<${'a'.repeat(500)}/>`)))).toThrow(
    `here is ${'a'.repeat(64)}…`,
  );
  const parent = parseXml('<r><keyDomain>x</keyDomain><mskID>y</mskID></r>');
  expect(() => textOf(parent, 'MSKID')).toThrow('there must be one MSKID, here are keyDomain, mskID');
});
