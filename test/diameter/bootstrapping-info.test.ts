import { describe, expect, test } from 'vitest';
import {
  AVP,
  type Avp,
  type AvpName,
  avp,
  bootstrappingInfoAnswer,
  bootstrappingInfoAvps,
  readBootstrappingInfoAnswer,
  readBootstrappingInfoRequest,
} from '../../lib/diameter/index.ts';
import { BIR, BSF_ORIGIN, INFO, MESSAGES, REQUEST } from './messages.ts';

const refusal = (code: string, field: string) =>
  expect.objectContaining({ name: 'DiameterError', code, field });
const isNamed = (name: AvpName) => (each: Avp) =>
  each.code === AVP[name].code && each.vendor === AVP[name].vendor;
const read = (avps: readonly Avp[]) => readBootstrappingInfoRequest({ ...BIR, avps });
/** The request of the vector with other values of an AVP. */
const withValues = (name: AvpName, ...values: readonly (string | Uint8Array)[]) => {
  const { code, vendor, isMandatory } = AVP[name];
  const changed = values.map((value) => ({ code, vendor, isMandatory, data: Buffer.from(value) }));
  return [...BIR.avps.filter((each) => !isNamed(name)(each)), ...changed];
};

describe('a Bootstrapping-Info-Request', () => {
  test('of a NAF that can’t use keys of the UICC has no AVP for it', () => {
    const avps = bootstrappingInfoAvps({ ...REQUEST, isGbaUAware: false });
    expect(avps.filter(isNamed('GBA_U-Awareness-Indicator'))).toEqual([]);
    expect(avps).toHaveLength(BIR.avps.length - 1);
    expect(read(avps).isGbaUAware).toBe(false);
  });

  test('may ask for the settings of several services, or of none', () => {
    expect(read(withValues('GAA-Service-Identifier', '4', '1000000')).gsIds).toEqual([4, 1_000_000]);
    expect(read(withValues('GAA-Service-Identifier')).gsIds).toEqual([]);
  });

  test.each(['', 'four', '4 ', ' 4', '-4', '4\n', '12345678901'])(
    'with the service %j is refused',
    (text) => {
      expect(() => read(withValues('GAA-Service-Identifier', text))).toThrow(
        refusal('bad-value', 'GAA-Service-Identifier'),
      );
    },
  );

  test.each([
    'Session-Id',
    'Origin-Host',
    'Origin-Realm',
    'Destination-Realm',
    'Transaction-Identifier',
    'NAF-Id',
    'Vendor-Specific-Application-Id',
  ] as const)('without %s is refused', (name) => {
    expect(() => read(withValues(name))).toThrow(refusal('missing-avp', name));
  });

  test('with an unknown mandatory AVP is refused', () => {
    const unknown = { code: 999, vendor: 0, isMandatory: true, data: new Uint8Array() };
    expect(() => read([...BIR.avps, unknown])).toThrow(refusal('unknown-avp', 'AVP 0:999'));
  });

  test('of another application is refused', () => {
    const other = avp('Vendor-Specific-Application-Id', [
      avp('Vendor-Id', 10_415),
      avp('Auth-Application-Id', 16_777_221),
    ]);
    expect(() => read(withValues('Vendor-Specific-Application-Id', other.data))).toThrow(
      refusal('missing-avp', 'Vendor-Specific-Application-Id'),
    );
  });
});

describe('a Bootstrapping-Info-Answer', () => {
  test('without user security settings has no AVP for them', () => {
    const { avps } = MESSAGES['bia, GBA_ME'];
    expect(avps.filter(isNamed('GBA-UserSecSettings'))).toEqual([]);
  });

  test('of an unknown type of GBA says none', () => {
    const { header, avps } = bootstrappingInfoAnswer(BIR, BSF_ORIGIN, {
      kind: 'found',
      info: { ...INFO, gbaType: undefined },
    });
    const answer = { header, avps: [...avps, avp('GBA-Type', 7)] };
    expect(readBootstrappingInfoAnswer(answer, REQUEST.sessionId)).toMatchObject({
      kind: 'found',
      info: { gbaType: undefined },
    });
  });

  test.each([
    ['another session', MESSAGES.bia, 'x', refusal('bad-value', 'Session-Id')],
    ['another command', MESSAGES.dwa, REQUEST.sessionId, refusal('unexpected-command', 'command code')],
  ])('of %s is refused by what is wrong', (_, message, sessionId, error) => {
    expect(() => readBootstrappingInfoAnswer(message, sessionId)).toThrow(error);
  });

  test.each(['ME-Key-Material', 'UICC-Key-Material'] as const)(
    'with a short %s is refused by its name',
    (name) => {
      const { code, vendor, isMandatory } = AVP[name];
      const short = { code, vendor, isMandatory, data: new Uint8Array(16) };
      const avps = [...MESSAGES.bia.avps.filter((each) => !isNamed(name)(each)), short];
      expect(() => readBootstrappingInfoAnswer({ ...MESSAGES.bia, avps }, REQUEST.sessionId)).toThrow(
        refusal('bad-value', name),
      );
    },
  );
});
