import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUTN_LENGTH,
  AUTS_LENGTH,
  authenticationVectorOf,
  autsOf,
  readChallenge,
  sqnOfAuts,
} from '../../lib/gba/aka.ts';
import { MAX_SQN, Milenage, opcOf } from '../../lib/gba/milenage.ts';
import { SecretKey, secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import vectors from '../vectors/milenage.json' with { type: 'json' };

const octets = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (value: SecretKey | Uint8Array) =>
  Buffer.from(value instanceof SecretKey ? value.exposeOctets() : value).toString('hex');
const refusal = (code: string) => expect.objectContaining({ name: 'GbaError', code });

const sets = [...vectors.conformance, ...vectors.implementers].map((set) => ({
  set,
  keys: { k: secretKeyFromHex(set.k, 16), opc: secretKeyFromHex(set.opc, 16) },
  rand: octets(set.rand),
  sqn: Number.parseInt(set.sqn, 16),
  amf: octets(set.amf),
}));

const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
const key = block.map((each) => new SecretKey(each));
const arbitrary = {
  keys: fc.record({ k: key, opc: key }),
  rand: block,
  sqn: fc.integer({ min: 0, max: MAX_SQN }),
  amf: fc.uint8Array({ minLength: 2, maxLength: 2 }),
};

describe.each(sets)('Milenage, test set $set.set', ({ set, keys, rand, sqn, amf }) => {
  it('makes OPc of OP', () => {
    expect(hexOf(opcOf(keys.k, secretKeyFromHex(set.op, 16)))).toBe(set.opc);
  });

  // @clause TS 35.206 §4.1 s1
  it('has the values of f1 to f5*', () => {
    const milenage = new Milenage(keys);
    expect(hexOf(milenage.f1({ rand, sqn, amf }))).toBe(set.f1);
    expect(hexOf(milenage.f1Star({ rand, sqn, amf }))).toBe(set.f1Star);
    expect(hexOf(milenage.f2(rand))).toBe(set.f2);
    expect(hexOf(milenage.f3(rand))).toBe(set.f3);
    expect(hexOf(milenage.f4(rand))).toBe(set.f4);
    expect(hexOf(milenage.f5(rand))).toBe(set.f5);
    expect(hexOf(milenage.f5Star(rand))).toBe(set.f5Star);
  });

  // @clause TS 33.220 §4.5.2 s4
  // @clause TS 33.102 §6.3.2 s3
  it('gives a vector whose AUTN conceals SQN, and Ks = CK ‖ IK', () => {
    const { autn, xres, ks } = authenticationVectorOf(keys, { rand, sqn, amf });
    const concealed = (BigInt(`0x${set.sqn}`) ^ BigInt(`0x${set.f5}`)).toString(16).padStart(12, '0');
    expect(hexOf(autn)).toBe(concealed + set.amf + set.f1);
    expect(hexOf(xres)).toBe(set.f2);
    expect(hexOf(ks)).toBe(set.f3 + set.f4);
  });
});

describe('a USIM and its home network', () => {
  it('agree on SQN, RES and Ks', () => {
    fc.assert(
      fc.property(fc.record(arbitrary), ({ keys, rand, sqn, amf }) => {
        const vector = authenticationVectorOf(keys, { rand, sqn, amf });
        const read = readChallenge(keys, rand, vector.autn);
        expect(read).toMatchObject({ sqn, amf });
        expect(read?.res.equals(vector.xres)).toBe(true);
        expect(read?.ks.equals(vector.ks)).toBe(true);
      }),
    );
  });

  // @clause TS 33.102 §6.3.5 s2
  it('find every change of an octet in AUTN and in AUTS', () => {
    const change = { at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) };
    const changed = (text: Uint8Array, at: number, by: number) =>
      text.map((octet, index) => (index === at % text.length ? octet ^ by : octet));
    fc.assert(
      fc.property(fc.record({ ...arbitrary, ...change }), ({ keys, rand, sqn, amf, at, by }) => {
        const { autn } = authenticationVectorOf(keys, { rand, sqn, amf });
        expect(readChallenge(keys, rand, changed(autn, at, by))).toBeUndefined();
        expect(sqnOfAuts(keys, rand, changed(autsOf(keys, rand, sqn), at, by))).toBeUndefined();
      }),
    );
  });

  // @clause TS 33.102 §6.3.3 s3
  it('resynchronise by AUTS, which does not show SQN', () => {
    fc.assert(
      fc.property(fc.record(arbitrary), ({ keys, rand, sqn }) => {
        const auts = autsOf(keys, rand, sqn);
        expect(auts.length).toBe(AUTS_LENGTH);
        expect(sqnOfAuts(keys, rand, auts)).toBe(sqn);
      }),
    );
    const [first] = sets;
    if (first === undefined) throw new Error('no vectors');
    const { set, keys, rand, sqn } = first;
    const concealed = (BigInt(`0x${set.sqn}`) ^ BigInt(`0x${set.f5Star}`)).toString(16).padStart(12, '0');
    expect(hexOf(autsOf(keys, rand, sqn)).slice(0, 12)).toBe(concealed);
  });
});

describe('wrong lengths', () => {
  const keys = { k: new SecretKey(new Uint8Array(16)), opc: new SecretKey(new Uint8Array(16)) };
  const short = new SecretKey(Buffer.from('fifteen octets!'));
  const rand = new Uint8Array(16);
  const amf = new Uint8Array(2);

  it('are refused, without the octets of a key', () => {
    expect(() => new Milenage({ ...keys, k: short })).toThrow(/^K has 16 octets, not 15$/);
    expect(() => new Milenage({ ...keys, opc: short })).toThrow(refusal('bad-length'));
    expect(() => opcOf(keys.k, short)).toThrow(refusal('bad-length'));
    expect(() => new Milenage(keys).f2(new Uint8Array(17))).toThrow(refusal('bad-length'));
    expect(() => new Milenage(keys).f1({ rand, sqn: 0, amf: rand })).toThrow(refusal('bad-length'));
    expect(() => readChallenge(keys, rand, new Uint8Array(AUTN_LENGTH + 1))).toThrow(refusal('bad-length'));
    expect(() => sqnOfAuts(keys, rand, new Uint8Array(AUTS_LENGTH - 1))).toThrow(refusal('bad-length'));
  });

  it.each([-1, 0.5, MAX_SQN + 1, Number.NaN])('an SQN of %d is refused', (sqn) => {
    expect(() => new Milenage(keys).f1({ rand, sqn, amf })).toThrow(refusal('bad-sqn'));
  });
});
