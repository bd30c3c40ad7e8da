import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { networkKeysOf } from '../../lib/key-source/keys-of-bsf.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  type BootstrappingInfoResponse,
  encodeBootstrappingInfoRequest,
  encodeBootstrappingInfoResponse,
  parseBootstrappingInfoRequest,
  parseBootstrappingInfoResponse,
} from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../../lib/nbsp-gba/errors.ts';
import { encodeProblemDetails, parseProblemDetails } from '../../lib/nbsp-gba/problem-details.ts';

const NOW = Date.UTC(2026, 10, 26);
const ME = Buffer.alloc(32, 1).toString('hex');
const UICC = Buffer.alloc(32, 2).toString('hex');
const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const uss = (keyChoice: string) => [
  { uss: { gsId: 4, gsType: 4, ueIds: [{ ueId: 'sip:a@home1.net' }], keyChoice } },
];

const responses = fc.record(
  {
    meKeyMaterial: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => new SecretKey(octets)),
    uiccKeyMaterial: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => new SecretKey(octets)),
    keyExpiryTime: fc.integer({ min: NOW, max: NOW + 1e10 }),
    bootstrappingInfoCreationTime: fc.integer({ min: NOW - 1e10, max: NOW }),
    gbaType: fc.constantFrom('3G_GBA', 'OF_A_LATER_RELEASE'),
    impi: fc.constant(parseImpi('001010123456789@home1.net')),
  },
  { requiredKeys: ['meKeyMaterial'] },
);

it('a request comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.option(fc.array(fc.nat(), { minLength: 1, maxLength: 5 })),
      (gbaUAware, gsIds) => {
        const request = {
          btId: parseBtid('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net'),
          nafFqdn: 'bmsc.home1.net',
          uaSecProtId: '0100000001',
          gbaUAware,
          ...(gsIds === null ? {} : { gsIds }),
        };
        expect(parseBootstrappingInfoRequest(encodeBootstrappingInfoRequest(request))).toEqual(request);
      },
    ),
  );
});

// @clause TS 29.309 §5.2.2.2 s2
it('a response comes back as it was, its keys with it', () => {
  fc.assert(
    fc.property(responses, (response) => {
      const parsed = parseBootstrappingInfoResponse(encodeBootstrappingInfoResponse(response));
      const { meKeyMaterial, uiccKeyMaterial, ...others } = response;
      expect(parsed).toMatchObject(others);
      expect(parsed.meKeyMaterial.equals(meKeyMaterial)).toBe(true);
      expect(parsed.uiccKeyMaterial !== undefined).toBe(uiccKeyMaterial !== undefined);
    }),
  );
});

it('parsers throw nothing but NbspError, whatever the octets', () => {
  const parsers = [parseBootstrappingInfoRequest, parseBootstrappingInfoResponse, parseProblemDetails];
  const throwsOnlyItsOwn = (octets: Uint8Array) =>
    parsers.every((parse) => {
      try {
        parse(octets);
        return true;
      } catch (error) {
        return error instanceof NbspError;
      }
    });
  fc.assert(fc.property(fc.uint8Array(), throwsOnlyItsOwn));
  fc.assert(fc.property(fc.jsonValue(), (value) => throwsOnlyItsOwn(body(value))));
});

describe('a response', () => {
  it.each<[string, unknown, string]>([
    ['is no JSON', 'x', 'the body'],
    ['has no key', {}, 'meKeyMaterial'],
    ['has a short key', { meKeyMaterial: ME.slice(2) }, 'meKeyMaterial'],
    ['has a long key', { meKeyMaterial: `${ME}00` }, 'meKeyMaterial'],
    ['has a key in another alphabet', { meKeyMaterial: `${ME.slice(1)}g` }, 'meKeyMaterial'],
    ['has a control character in its IMPI', { meKeyMaterial: ME, impi: 'a\u0000@home1.net' }, 'impi'],
    ['has half a date', { meKeyMaterial: ME, keyExpiryTime: '2026-11-26' }, 'keyExpiryTime'],
    [
      'has a date that is none',
      { meKeyMaterial: ME, keyExpiryTime: '2026-13-45T00:00:00Z' },
      'keyExpiryTime',
    ],
    [
      'has settings for a service of 33 bits',
      { meKeyMaterial: ME, ussList: [{ uss: { gsId: 2 ** 32, gsType: 4, ueIds: [{ ueId: 'a' }] } }] },
      'ussList.0.uss.gsId',
    ],
    ['has an endless type', { meKeyMaterial: ME, gbaType: 'x'.repeat(65) }, 'gbaType'],
    ['has an empty list of settings', { meKeyMaterial: ME, ussList: [] }, 'ussList'],
  ])('that %s is refused, and its keys are not in the message', (_, value, member) => {
    const parse = () => parseBootstrappingInfoResponse(body(value));
    expect(parse).toThrow(NbspError);
    expect(parse).toThrow(member);
    expect(parse).not.toThrow(ME.slice(2));
  });

  // @clause TS 29.309 §5.2.2.2 s3
  it('may have members, types and choices of a later release', () => {
    const value = { meKeyMaterial: ME, later: 1, gbaType: 'LATER', ussList: uss('LATER') };
    expect(parseBootstrappingInfoResponse(body(value)).gbaType).toBe('LATER');
  });
});

describe('the keys of a response are', () => {
  const keysOf = (value: object) =>
    networkKeysOf(parseBootstrappingInfoResponse(body(value)), { now: NOW }).keys.type;

  it.each([
    ['of the ME without keys of the UICC', { meKeyMaterial: ME }, 'GBA_ME'],
    ['of the UICC where there are some', { meKeyMaterial: ME, uiccKeyMaterial: UICC }, 'GBA_U'],
    [
      'of the ME where the settings choose so',
      { meKeyMaterial: ME, uiccKeyMaterial: UICC, ussList: uss('ME_BASED_KEY') },
      'GBA_ME',
    ],
    [
      'of the UICC where settings for another service choose the ME',
      {
        meKeyMaterial: ME,
        uiccKeyMaterial: UICC,
        ussList: [{ uss: { gsId: 1, gsType: 1, ueIds: [{ ueId: 'a' }], keyChoice: 'ME_BASED_KEY' } }],
      },
      'GBA_U',
    ],
    [
      'of the UICC where the settings choose so',
      { meKeyMaterial: ME, uiccKeyMaterial: UICC, ussList: uss('UICC_BASED_KEY') },
      'GBA_U',
    ],
  ] as const)('%s', (_, value, type) => {
    expect(keysOf(value)).toBe(type);
  });

  it('none where the settings choose keys of the UICC and there are none', () => {
    const value = { meKeyMaterial: ME, ussList: uss('UICC_BASED_KEY') };
    expect(() => keysOf(value)).toThrow(expect.objectContaining({ code: 'missing-keys' }));
  });

  it('none past their lifetime', () => {
    const expired = { meKeyMaterial: ME, keyExpiryTime: new Date(NOW).toISOString() };
    expect(() => keysOf(expired)).toThrow(expect.objectContaining({ code: 'expired' }));
  });
});

it('keys of a parsed response do not print', () => {
  const parsed: BootstrappingInfoResponse = parseBootstrappingInfoResponse(body({ meKeyMaterial: ME }));
  expect(JSON.stringify(parsed)).not.toContain(ME);
});

it('problem details come back as they were', () => {
  const problem = { status: 404, title: 'unknown B-TID', cause: 'BOOTSTRAPPING_INFO_NOT_FOUND' };
  expect(parseProblemDetails(encodeProblemDetails(problem))).toEqual(problem);
});
