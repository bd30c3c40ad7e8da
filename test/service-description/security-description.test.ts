import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseXml } from '../../lib/key-management/payload/xml.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { ServiceDescriptionError } from '../../lib/service-description/errors.ts';
import {
  decodeSecurityDescriptionJson,
  encodeSecurityDescriptionJson,
} from '../../lib/service-description/json.ts';
import {
  periodFor,
  type SecurityDescription,
  waitOf,
} from '../../lib/service-description/security-description.ts';
import {
  decodeSecurityDescriptionXml,
  encodeSecurityDescriptionXml,
  SECURITY_DESCRIPTION_NAMESPACE,
} from '../../lib/service-description/xml.ts';

const NEWS: SecurityDescription = {
  servers: ['https://bmsc.home1.net/keymanagement', 'https://bmsc2.home1.net/keymanagement'],
  backOff: { offsetTime: 5, randomTimePeriod: 600 },
  keys: [{ keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(0x10, 0), flows: ['239.255.0.1:5004'] }],
};

const seconds = fc.integer({ min: 0, max: 86_400 });
const descriptions = fc.record({
  servers: fc.array(fc.webUrl({ validSchemes: ['http', 'https'] }), { minLength: 1, maxLength: 4 }),
  backOff: fc.option(fc.record({ offsetTime: seconds, randomTimePeriod: seconds }), { nil: undefined }),
  keys: fc.array(
    fc.record({
      keyDomainId: fc.constantFrom(...['00f110', '21f354'].map(parseKeyDomainId)),
      mskId: fc
        .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }))
        .map((parts) => mskId(...parts)),
      flows: fc.array(fc.constantFrom('239.255.0.1:5004', '[ff15::1]:5004', `"<&'>`), { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
});

describe('the 4G security description', () => {
  test('has servers, back-off and MSKs, in the namespace of TS 26.346, and says that it is a draft', () => {
    const xml = encodeSecurityDescriptionXml(NEWS);
    expect(parseXml(xml)).toMatchObject({
      name: 'securityDescription',
      namespace: SECURITY_DESCRIPTION_NAMESPACE,
    });
    expect(xml).toContain('<!-- Draft.');
    expect(xml).toContain('offsetTime="5" randomTimePeriod="600"');
    expect(xml).toContain('<keyDomainID>APEQ</keyDomainID>');
    expect(xml).toContain('<MSKID>ABAAAA==</MSKID>');
  });

  test('property: it is read as it was written', () =>
    fc.assert(
      fc.property(descriptions, (description) => {
        expect(decodeSecurityDescriptionXml(encodeSecurityDescriptionXml(description))).toEqual(description);
      }),
    ));

  test('is read by local names, whatever the prefix and whatever else there is', () => {
    const read = decodeSecurityDescriptionXml(
      '<s:securityDescription xmlns:s="urn:x"><s:keyManagement randomTimePeriod="9"><s:other/>' +
        '<s:serverURI> http://a.net/k </s:serverURI></s:keyManagement></s:securityDescription>',
    );
    const backOff = { offsetTime: 0, randomTimePeriod: 9 };
    expect(read).toEqual({ servers: ['http://a.net/k'], backOff, keys: [] });
  });
});

describe('the 5G security description', () => {
  test('has the members of TS 26.517 that are known', () => {
    expect(JSON.parse(encodeSecurityDescriptionJson(NEWS))).toEqual({
      securityDescription: {
        mBSSFAddresses: NEWS.servers,
        backOffParameters: { offsetTime: 5, randomTimePeriod: 600 },
      },
    });
  });

  test('property: it is read as it was written, without the MSKs that it can’t name', () =>
    fc.assert(
      fc.property(descriptions, (description) => {
        const text = encodeSecurityDescriptionJson(description);
        expect(decodeSecurityDescriptionJson(text)).toEqual({ ...description, keys: [] });
        const alone = JSON.stringify(JSON.parse(text).securityDescription);
        expect(decodeSecurityDescriptionJson(alone)).toEqual({ ...description, keys: [] });
      }),
    ));
});

describe('a document that is none', () => {
  const code = (decode: () => unknown) => {
    try {
      decode();
    } catch (error) {
      expect(error).toBeInstanceOf(ServiceDescriptionError);
      return (error as ServiceDescriptionError).code;
    }
    return undefined;
  };
  const ofServers = (...mBSSFAddresses: unknown[]) => JSON.stringify({ mBSSFAddresses });

  test.each([
    ['bad-document', '', '{'],
    ['bad-document', '<a/>', ofServers(1)],
    ['no-server', '<securityDescription/>', ofServers()],
    [
      'bad-value',
      '<securityDescription><serverURI>ftp://a.net</serverURI></securityDescription>',
      ofServers('bmsc'),
    ],
    [
      'bad-value',
      '<securityDescription><keyManagement offsetTime="soon"><serverURI>http://a.net</serverURI></keyManagement></securityDescription>',
      JSON.stringify({ mBSSFAddresses: ['http://a.net'], backOffParameters: { randomTimePeriod: 86_401 } }),
    ],
  ])('is refused as %s', (expected, xml, json) => {
    expect(code(() => decodeSecurityDescriptionXml(xml))).toBe(expected);
    expect(code(() => decodeSecurityDescriptionJson(json))).toBe(expected);
  });

  test('property: whatever the octets, nothing but a ServiceDescriptionError is thrown', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const decode of [decodeSecurityDescriptionXml, decodeSecurityDescriptionJson])
          code(() => decode(text));
      }),
    ));
});

test('a UE waits the offset, and a random part of the period', () => {
  const backOff = { offsetTime: 5, randomTimePeriod: 600 };
  expect([0, 0.5, 1 - 2 ** -53].map((random) => Math.round(waitOf(backOff, random)))).toEqual([
    5000, 305_000, 605_000,
  ]);
  expect(periodFor(100_000, 200)).toBe(500);
});
