import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { btidOf, parseBtid } from '../../lib/gba/btid.ts';
import { GbaError } from '../../lib/gba/errors.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { isExpired } from '../../lib/gba/lifetime.ts';
import { nafId, UA_SECURITY_PROTOCOL_MBMS } from '../../lib/gba/naf-id.ts';
import { gbaTokensOf, nafFqdnOfRealm, realmOf } from '../../lib/gba/realm.ts';
import vectors from '../vectors/gba.json' with { type: 'json' };

const refusal = (code: string) => expect.objectContaining({ name: 'GbaError', code });

describe('a B-TID', () => {
  // @clause TS 33.220 §4.5.2 s1
  it('is the Base64 of RAND at the BSF', () => {
    const { rand, bsfName, trace } = vectors;
    expect(btidOf({ rand: Buffer.from(rand, 'hex'), bsfName })).toBe(vectors.bTid);
    expect(btidOf({ rand: Buffer.from(trace.rand, 'hex'), bsfName: 'bsf' })).toBe(`${trace.userPart}@bsf`);
  });

  it('is accepted as it is made', () => {
    const rand = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(rand, fc.domain(), (octets, bsfName) => {
        const btid = btidOf({ rand: octets, bsfName });
        expect(parseBtid(btid)).toBe(btid);
        expect(Buffer.from(btid.slice(0, btid.indexOf('@')), 'base64')).toEqual(Buffer.from(octets));
      }),
    );
  });

  it.each([
    '',
    '@',
    'a@',
    '@b',
    'a b@c',
    'a@b@c',
    'a@b c',
    'a"@b',
    `${'a'.repeat(129)}@b`,
    `a@${'b'.repeat(300)}`,
    'a@b\n',
  ])('is not %j', (text) => {
    expect(() => parseBtid(text)).toThrow(refusal('bad-b-tid'));
  });

  it.each([0, 15, 17])('needs a RAND of 16 octets, not %d', (length) => {
    expect(() => btidOf({ rand: new Uint8Array(length), bsfName: 'bsf' })).toThrow(refusal('bad-length'));
  });
});

describe('an IMPI', () => {
  it('has the form user@realm', () => {
    expect(parseImpi(vectors.impi)).toBe(vectors.impi);
  });

  it.each(['', '@', 'a@', '@b', 'a b@c', 'a@b@c', 'a\0@b', 'a@b\n', `${'a'.repeat(252)}@b`])(
    'is not %j',
    (text) => {
      expect(() => parseImpi(text)).toThrow(refusal('bad-impi'));
    },
  );
});

describe('any text', () => {
  it('is an identifier as it stands or gives a GbaError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), (text) => {
        for (const parse of [parseBtid, parseImpi]) {
          try {
            expect(parse(text)).toBe(text);
          } catch (error) {
            expect(error).toBeInstanceOf(GbaError);
          }
        }
      }),
    );
  });
});

describe('a NAF_Id', () => {
  // @clause TS 33.220 annex H.1 s1
  // @clause TS 33.220 annex H.3 s1
  it('is the FQDN and the protocol identifier of MBMS', () => {
    expect(Buffer.from(nafId(vectors.nafFqdn)).toString('hex')).toBe(vectors.nafId);
    expect([...UA_SECURITY_PROTOCOL_MBMS]).toEqual([1, 0, 0, 0, 1]);
  });

  it.each(['', '.', '-a', 'a-', 'a b', 'a/b', 'bücher.example', 'a@b', 'a'.repeat(254)])(
    'is not made of %j',
    (fqdn) => {
      expect(() => nafId(fqdn)).toThrow(refusal('bad-fqdn'));
    },
  );
});

describe('a realm', () => {
  // @clause TS 24.109 §5.2.4 s2
  it('is the prefix of ME keys and the FQDN', () => {
    expect(realmOf(vectors.nafFqdn)).toBe('3GPP-bootstrapping@bmsc.home1.net');
  });

  it('gives its FQDN back, with the prefix of UICC keys too', () => {
    fc.assert(fc.property(fc.domain(), (fqdn) => nafFqdnOfRealm(realmOf(fqdn)) === fqdn));
    expect(nafFqdnOfRealm('3GPP-bootstrapping-uicc@bmsc.home1.net')).toBe('bmsc.home1.net');
  });

  it.each([
    '',
    'bmsc.home1.net',
    '3gpp-bootstrapping@bmsc.home1.net',
    '3GPP-bootstrapping',
    ' 3GPP-bootstrapping@a',
  ])('of GBA is not %j', (realm) => {
    expect(nafFqdnOfRealm(realm)).toBeUndefined();
  });
});

// @clause TS 24.109 annex B.3 s1
// @clause TS 24.109 annex I.2 s1
describe('the GBA tokens of a User-Agent', () => {
  it.each([
    ['NAF1 Application Agent; Release-6 3gpp-gba', ['3gpp-gba']],
    ['ue/1 3gpp-gba-uicc 3gpp-gba', ['3gpp-gba', '3gpp-gba-uicc']],
    ['3gpp-gba-tmpi', ['3gpp-gba-tmpi']],
    ['x3gpp-gba 3gpp-gbax', []],
    ['', []],
  ])('of %j are %j', (userAgent, tokens) => {
    expect(gbaTokensOf(userAgent)).toEqual(tokens);
  });
});

describe('the lifetime of keys', () => {
  it('ends at the instant of expiry', () => {
    expect([999, 1000, 1001].map((now) => isExpired(1000, now))).toEqual([false, true, true]);
  });
});
