import { describe, expect, test } from 'vitest';
import { parseSimProfile, simKeysOf } from '../../../lib/ue/bootstrapping/sim-profile.ts';
import vectors from '../../vectors/milenage.json' with { type: 'json' };

const [set] = vectors.conformance;
const impi = '001010123456789@ims.mnc001.mcc001.3gppnetwork.org';
const file = { impi, k: set?.k, opc: set?.opc };
const parse = (value: object) => parseSimProfile(JSON.stringify(value));
const refusal = (message: RegExp) =>
  expect.objectContaining({ name: 'UeError', code: 'bad-sim', message: expect.stringMatching(message) });

describe('the file of a SIM', () => {
  test('has an IMPI, K and OPc, and defaults for the rest', () => {
    const profile = parse(file);
    expect(profile).toMatchObject({ impi, sqn: 0, amf: '8000', gbaU: false });
    expect(Buffer.from(profile.k.exposeOctets()).toString('hex')).toBe(set?.k);
  });

  test('may have OP in place of OPc', () => {
    const { opc } = simKeysOf(parse({ ...file, opc: undefined, op: set?.op }));
    expect(Buffer.from(opc.exposeOctets()).toString('hex')).toBe(set?.opc);
  });

  test('has SQN in hexadecimal digits', () => {
    expect(parse({ ...file, sqn: 'ff9bb4d0b607' }).sqn).toBe(0xff9bb4d0b607);
  });

  test.each([
    ['neither OPc nor OP', { ...file, opc: undefined }, /opc or op/],
    ['a short K', { ...file, k: set?.k.slice(2) }, /^wrong or missing: k$/],
    ['no IMPI', { ...file, impi: undefined }, /^wrong or missing: impi$/],
    ['an IMPI with a control character', { ...file, impi: 'a\n@b' }, /^wrong or missing: impi$/],
    ['an SQN of 5 octets', { ...file, sqn: '0000000001' }, /^wrong or missing: sqn$/],
  ])('is refused with %s', (_what, value, message) => {
    expect(() => parse(value)).toThrow(refusal(message));
  });

  test('is refused without a word of it when it is no JSON', () => {
    expect(() => parseSimProfile(`{"k": "${set?.k}"`)).toThrow(refusal(/^the file is not JSON$/));
  });
});
