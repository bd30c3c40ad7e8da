import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImpi } from '../../lib/gba/impi.ts';
import { kdf } from '../../lib/gba/kdf.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { ksIntNafOf, ksNafOf } from '../../lib/gba/naf-keys.ts';
import { SecretKey, secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import vectors from '../vectors/gba.json' with { type: 'json' };

const hexOf = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');
const refusal = (code: string) => expect.objectContaining({ name: 'GbaError', code });

const input = {
  ks: secretKeyFromHex(vectors.ck + vectors.ik, 32),
  rand: Buffer.from(vectors.rand, 'hex'),
  impi: parseImpi(vectors.impi),
  nafId: nafId(vectors.nafFqdn),
};

describe('the key derivation function', () => {
  // @clause TS 33.220 annex B.2 s1
  it('is HMAC-SHA-256 over FC and each parameter with its length behind it', () => {
    const s = Buffer.from(vectors.sOfKsNaf, 'hex');
    const expected = createHmac('sha256', input.ks.exposeOctets()).update(s).digest('hex');
    expect(expected).toBe(vectors.ksNaf);
    expect(hexOf(kdf(input.ks, 0x01, ['gba-me', input.rand, input.impi, input.nafId]))).toBe(expected);
  });

  // @clause TS 33.220 annex B.2 s2
  it('takes text in NFKC and UTF-8', () => {
    const composed = hexOf(kdf(input.ks, 1, ['\u00e9\u0066\u0069']));
    expect(hexOf(kdf(input.ks, 1, ['e\u0301\ufb01']))).toBe(composed);
    expect(hexOf(kdf(input.ks, 1, [Buffer.from('\u00e9fi', 'utf8')]))).toBe(composed);
  });

  // @clause TS 33.220 annex B.3 s4
  it('keeps parameters apart by their lengths', () => {
    const texts = fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(hexOf(kdf(input.ks, 1, one)) === hexOf(kdf(input.ks, 1, other))).toBe(isSame);
      }),
    );
  });

  it('takes parameters of up to 65535 octets', () => {
    expect(kdf(input.ks, 1, [new Uint8Array(65_535)]).length).toBe(32);
    expect(() => kdf(input.ks, 1, [new Uint8Array(65_536)])).toThrow(refusal('bad-length'));
  });
});

describe('the keys of a NAF', () => {
  // @clause TS 33.220 annex B.2 s3
  // @clause TS 33.220 annex B.3 s1
  it('are those of the vector', () => {
    expect(hexOf(ksNafOf(input))).toBe(vectors.ksNaf);
    expect(hexOf(ksIntNafOf(input))).toBe(vectors.ksIntNaf);
  });

  it('need a Ks of 32 octets and a RAND of 16', () => {
    expect(() => ksNafOf({ ...input, ks: new SecretKey(new Uint8Array(31)) })).toThrow(refusal('bad-length'));
    expect(() => ksIntNafOf({ ...input, rand: new Uint8Array(17) })).toThrow(refusal('bad-length'));
  });
});

describe('the keys of MBMS', () => {
  const ksNaf = secretKeyFromHex(vectors.ksNaf, 32);
  const ksIntNaf = secretKeyFromHex(vectors.ksIntNaf, 32);

  // @clause TS 33.501 annex W.4.1.3 s2
  it('are Ks_NAF and what follows from it, with GBA_ME', () => {
    const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf });
    expect(hexOf(muk)).toBe(vectors.ksNaf);
    expect(hexOf(mrk)).toBe(vectors.mrk);
    const s = Buffer.from(vectors.sOfMrk, 'hex');
    expect(createHmac('sha256', ksNaf.exposeOctets()).update(s).digest('hex')).toBe(vectors.mrk);
  });

  // @clause TS 33.220 annex B.3 s2
  // @clause TS 33.220 annex G.2 s1
  it('are Ks_int_NAF and Ks_ext_NAF, with GBA_U', () => {
    const { muk, mrk } = mukAndMrkOf({ type: 'GBA_U', ksExtNaf: ksNaf, ksIntNaf });
    expect(hexOf(muk)).toBe(vectors.ksIntNaf);
    expect(hexOf(mrk)).toBe(vectors.gbaU.mrkByKsExtNaf);
    expect(digestPasswordOf(mrk)).toBe(vectors.gbaU.digestPasswordByKsExtNaf);
  });

  it('are Ks_int_NAF and what follows from Ks_ext_NAF, with GBA_U and the rule that derives', () => {
    const { muk, mrk } = mukAndMrkOf({ type: 'GBA_U', ksExtNaf: ksNaf, ksIntNaf }, { mrkRule: 'derived' });
    expect(hexOf(muk)).toBe(vectors.ksIntNaf);
    expect(hexOf(mrk)).toBe(vectors.mrk);
  });

  // @clause TS 33.501 annex W.4.1.3 s1
  it('are K_AF and what follows from it, with AKMA', () => {
    const kAf = secretKeyFromHex(vectors.akma.kAf, 32);
    const { muk, mrk } = mukAndMrkOf({ type: 'AKMA', kAf });
    expect([hexOf(muk), hexOf(mrk)]).toEqual([vectors.akma.kAf, vectors.akma.mrk]);
    const s = Buffer.from(vectors.sOfMrk, 'hex');
    expect(createHmac('sha256', kAf.exposeOctets()).update(s).digest('hex')).toBe(vectors.akma.mrk);
  });

  it('need NAF keys of 32 octets, and say so without telling the key', () => {
    const short = new SecretKey(Buffer.from('a secret of a NAF'));
    expect(() => mukAndMrkOf({ type: 'GBA_ME', ksNaf: short })).toThrow(refusal('bad-length'));
    expect(() => mukAndMrkOf({ type: 'GBA_U', ksExtNaf: ksNaf, ksIntNaf: short })).toThrow(
      /32 octets, not 17$/,
    );
  });

  it('give the Digest password of the vector', () => {
    expect(digestPasswordOf(secretKeyFromHex(vectors.mrk, 32))).toBe(vectors.digestPassword);
  });
});
