import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { parseMskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { MbsError } from '../../lib/mbs/errors.ts';
import {
  encodeMbsSecurityContext,
  type MbsKeyInfo,
  parseMbsSecurityContext,
} from '../../lib/mbs/security-context.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number) => octets(length).map((each) => Buffer.from(each).toString('hex'));
const key = octets(16).map((each) => new SecretKey(each));
const keyInfos: fc.Arbitrary<MbsKeyInfo> = fc.record({
  keyDomainId: hex(3).map(parseKeyDomainId),
  mskId: hex(4).map(parseMskId),
  msk: fc.option(key, { nil: undefined }),
  mskLifetime: fc.option(fc.integer({ min: 0, max: Date.UTC(9999, 0) }), { nil: undefined }),
  mtk: fc.option(fc.record({ mtkId: fc.nat({ max: 0xffff }), key }), { nil: undefined }),
});

/** With the octets of its keys, which do not compare otherwise. */
const shown = ({ msk, mtk, ...rest }: MbsKeyInfo) => ({
  ...rest,
  msk: msk?.exposeOctets().toString(),
  mtk: mtk && [mtk.mtkId, mtk.key.exposeOctets().toString()],
});
const parse = (text: string) => parseMbsSecurityContext(Buffer.from(text));
const MSK = 'ABEiM0RVZneImaq7zN3u/w==';

describe('an MBS security context', () => {
  test('is the JSON of TS 29.571, its octets in Base64', () => {
    const context = encodeMbsSecurityContext([
      {
        keyDomainId: parseKeyDomainId('00f110'),
        mskId: parseMskId('00100002'),
        msk: new SecretKey(Buffer.from('00112233445566778899aabbccddeeff', 'hex')),
        mskLifetime: Date.UTC(2026, 10, 27, 18),
        mtk: { mtkId: 7, key: new SecretKey(Buffer.alloc(16, 0xff)) },
      },
    ]);
    expect(JSON.parse(Buffer.from(context).toString('utf8'))).toEqual({
      keyList: {
        '00f110-00100002-7': {
          keyDomainId: 'APEQ',
          mskId: 'ABAAAg==',
          msk: MSK,
          mskLifetime: '2026-11-27T18:00:00.000Z',
          mtkId: 'AAc=',
          mtk: '/////////////////////w==',
        },
      },
    });
  });

  test('is parsed to what it was made from, however many entries it has', () => {
    const distinct = fc.uniqueArray(keyInfos, {
      minLength: 1,
      maxLength: 5,
      selector: ({ keyDomainId, mskId }) => `${keyDomainId}${mskId.keyGroup}-${mskId.keyNumber}`,
    });
    fc.assert(
      fc.property(distinct, (infos) => {
        expect(parseMbsSecurityContext(encodeMbsSecurityContext(infos)).map(shown)).toEqual(infos.map(shown));
      }),
    );
  });

  test('has an entry, and whoever sends one without says so', () => {
    expect(() => encodeMbsSecurityContext([])).toThrow(MbsError);
    expect(() => parse('{"keyList":{}}')).toThrow(MbsError);
  });

  test.each([
    ['no JSON', 'x'],
    ['no list', '{}'],
    ['an MSK of 15 octets', `{"keyList":{"a":{"keyDomainId":"APEQ","mskId":"ABAAAg==","msk":"AAAA"}}}`],
    ['a Key Domain ID that is missing', `{"keyList":{"a":{"mskId":"ABAAAg=="}}}`],
    [
      'an MTK ID of one octet',
      `{"keyList":{"a":{"keyDomainId":"APEQ","mskId":"ABAAAg==","mtkId":"AA==","mtk":"${MSK}"}}}`,
    ],
    ['an MTK without its ID', `{"keyList":{"a":{"keyDomainId":"APEQ","mskId":"ABAAAg==","mtk":"${MSK}"}}}`],
    [
      'a lifetime that is no time',
      `{"keyList":{"a":{"keyDomainId":"APEQ","mskId":"ABAAAg==","mskLifetime":"soon"}}}`,
    ],
    [
      'an entry of another name that is wrong',
      `{"keyList":{"a":{"keyDomainId":"APEQ","mskId":"ABAAAg=="},"b":1}}`,
    ],
  ])('with %s is refused, and the error has no key', (_, text) => {
    expect(() => parse(text)).toThrow(MbsError);
    expect(() => parse(text)).not.toThrow(/ABEiM/);
  });

  test('of any octets is parsed or refused by its own error alone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MbsError);
        }
      }),
    );
  });
});
