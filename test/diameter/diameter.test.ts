import { describe, expect, test } from 'vitest';
import { AVP, type AvpName } from '../../lib/diameter/avp/dictionary.ts';
import { ntpFromTime, timeFromNtp } from '../../lib/diameter/avp/time.ts';
import {
  type Avp,
  avp,
  bootstrappingInfoAnswer,
  DIAMETER_FAULTS,
  DiameterError,
  type DiameterMessage,
  decodeGroup,
  decodeMessage,
  encodeMessage,
  errorAnswer,
  errorMessageIn,
  isDiameterIdentity,
  readBootstrappingInfoAnswer,
  readBootstrappingInfoRequest,
  readCapabilities,
  readCapabilitiesAnswer,
  readDisconnect,
  readDisconnectAnswer,
  readWatchdog,
  readWatchdogAnswer,
  refusalOf,
  refuseUnknown,
  requiredIn,
  resultIn,
  servesZn,
  valueIn,
  valuesOf,
} from '../../lib/diameter/index.ts';
import vectors from '../vectors/diameter.json' with { type: 'json' };
import gba from '../vectors/gba.json' with { type: 'json' };
import { BIR, BSF_ORIGIN, IDS, INFO, MESSAGES, NAF_ORIGIN, OWN, REQUEST } from './messages.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const octets = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const refusal = (code: string, field?: string) =>
  expect.objectContaining({ name: 'DiameterError', code, ...(field === undefined ? {} : { field }) });
const vector = octets(vectors.bir.message);

describe('the vector of a Bootstrapping-Info-Request', () => {
  // @clause TS 29.109 §7 s1
  test('is written octet for octet', () => {
    expect(vector).toHaveLength(284);
    expect(hex(encodeMessage(BIR))).toBe(vectors.bir.message);
  });

  test('is read', () => {
    const message = decodeMessage(vector);
    expect(message.header).toMatchObject({ ...IDS, isRequest: true, isProxiable: true, isError: false });
    expect(readBootstrappingInfoRequest(message)).toEqual(REQUEST);
  });

  // @clause RFC 6733 §3 s1
  test('is refused after it is cut anywhere', () => {
    for (let length = 0; length < vector.length; length++)
      expect(() => decodeMessage(vector.slice(0, length)), `${length} octets`).toThrow(DiameterError);
  });
});

describe('the header', () => {
  const changed = (index: number, value: number) => vector.map((octet, at) => (at === index ? value : octet));

  test('of another version is refused', () => {
    expect(() => decodeMessage(changed(0, 2))).toThrow(refusal('unknown-version'));
  });

  test.each([0x1b, 0x20, 0x00])('with the length 0x01%s of other octets is refused', (length) => {
    expect(() => decodeMessage(changed(3, length))).toThrow(refusal('bad-message-length'));
  });

  test('with a length over the bound is refused before anything is read', () => {
    expect(() => decodeMessage(changed(1, 0xff))).toThrow(refusal('too-long'));
    expect(() => decodeMessage(vector, 280)).toThrow(refusal('too-long'));
  });

  test('keeps the T flag of a request that is sent again', () => {
    expect(encodeMessage(MESSAGES['bir again'])[4]).toBe(0xd0);
    expect(decodeMessage(encodeMessage(MESSAGES['bir again'])).header.isRetransmission).toBe(true);
  });

  test('with reserved bits is read', () => {
    expect(decodeMessage(changed(4, 0xcf)).header).toEqual(decodeMessage(vector).header);
  });
});

test.each(Object.entries(MESSAGES))('%s: what is written is read as it was', (_, message) => {
  expect(decodeMessage(encodeMessage(message))).toEqual(normal(message));
});

describe('the base protocol', () => {
  const sent = (message: DiameterMessage) => decodeMessage(encodeMessage(message));

  test('exchanges capabilities', () => {
    const capabilities = { ...OWN, authApplications: [16_777_220] };
    expect(readCapabilities(sent(MESSAGES.cer))).toEqual(capabilities);
    expect(readCapabilitiesAnswer(sent(MESSAGES.cea))).toEqual({
      ...capabilities,
      origin: BSF_ORIGIN,
      result: { kind: 'base', code: 2001 },
    });
  });

  test('takes a peer that relays for one that serves Zn, and no other', () => {
    expect([[16_777_220], [0xffff_ffff], [16_777_216], []].map(servesZn)).toEqual([true, true, false, false]);
  });

  test('wants a Host-IP-Address of whatever family', () => {
    const without = MESSAGES.cer.avps.filter(({ code }) => code !== 257);
    expect(() => readCapabilities({ ...MESSAGES.cer, avps: without })).toThrow(
      refusal('missing-avp', 'Host-IP-Address'),
    );
    const e164: Avp = { code: 257, vendor: 0, isMandatory: true, data: octets('0008313233') };
    expect(readCapabilities({ ...MESSAGES.cer, avps: [...without, e164] }).hostIpAddresses).toEqual([]);
  });

  test('watches and disconnects', () => {
    expect(readWatchdog(sent(MESSAGES.dwr))).toEqual({ origin: NAF_ORIGIN, originStateId: 7 });
    expect(readWatchdogAnswer(sent(MESSAGES.dwa)).result.code).toBe(2001);
    expect(readDisconnect(sent(MESSAGES.dpr))).toEqual({ origin: NAF_ORIGIN, cause: 2 });
    expect(readDisconnectAnswer(sent(MESSAGES.dpa)).origin).toEqual(BSF_ORIGIN);
  });

  test('refuses with the E flag for a protocol error only, and repeats Session-Id and Proxy-Info', () => {
    const proxy = avp('Proxy-Info', [
      avp('Proxy-Host', 'p.home1.net'),
      avp('Proxy-State', octets('0102030405')),
    ]);
    const request = { ...BIR, avps: [...BIR.avps, proxy] };
    const answer = sent(errorAnswer(request, BSF_ORIGIN, { resultCode: 3001, message: 'no\n' }));
    expect(answer.header).toMatchObject({ ...IDS, isError: true, isRequest: false, isProxiable: true });
    expect(answer.avps[0]).toEqual(normal(BIR).avps[0]);
    expect(answer.avps.at(-1)).toEqual({ ...proxy, data: Uint8Array.from(proxy.data) });
    expect(errorMessageIn(answer.avps)).toBe('no');
    expect(errorAnswer(request, BSF_ORIGIN, { resultCode: 5012, message: '' }).header.isError).toBe(false);
  });

  test('names the AVP that is missing in Failed-AVP, with octets of its length', () => {
    const { resultCode, failedAvp } = refusalOf(new DiameterError('missing-avp', { field: 'Vendor-Id' }));
    expect([resultCode, failedAvp]).toEqual([
      5005,
      { code: 266, vendor: 0, isMandatory: true, data: new Uint8Array(4) },
    ]);
    expect(
      refusalOf(new DiameterError('bad-message-length', { field: 'version' })).failedAvp,
    ).toBeUndefined();
  });

  test('names in Failed-AVP the unknown AVP, and the one of a wrong length, by code and vendor', () => {
    const failedOf = (read: () => unknown) => {
      try {
        return expect.fail(String(read()));
      } catch (error) {
        if (!(error instanceof DiameterError)) throw error;
        const { resultCode, failedAvp } = refusalOf(error);
        return [resultCode, failedAvp?.vendor, failedAvp?.code, failedAvp?.data.length];
      }
    };
    const unknown: Avp = { code: 999, vendor: 4711, isMandatory: true, data: octets('01') };
    expect(failedOf(() => refuseUnknown([unknown]))).toEqual([5001, 4711, 999, 0]);
    const short = octets('00000195c0000009000028af');
    expect(failedOf(() => decodeGroup(short))).toEqual([5014, 10_415, 405, 0]);
    const long = octets('0000010c400000ff00000000');
    expect(failedOf(() => decodeGroup(long))).toEqual([5014, 0, 268, 4]);
  });

  test('has a Result-Code for each fault', () => {
    for (const code of Object.values(DIAMETER_FAULTS)) expect(code).toBeGreaterThanOrEqual(3000);
  });
});

describe('a Bootstrapping-Info-Answer', () => {
  const read = (message: DiameterMessage) =>
    readBootstrappingInfoAnswer(decodeMessage(encodeMessage(message)), REQUEST.sessionId);
  const without = (name: AvpName) => ({
    ...MESSAGES.bia,
    avps: MESSAGES.bia.avps.filter(({ code }) => code !== AVP[name].code),
  });
  const withAvp = (name: AvpName, data: Uint8Array) => {
    const { code, vendor, isMandatory } = AVP[name];
    const changed = without(name);
    return { ...changed, avps: [...changed.avps, { code, vendor, isMandatory, data }] };
  };

  test('brings the keys of GBA_U', () => {
    const answer = read(MESSAGES.bia);
    if (answer.kind !== 'found') return expect.fail('not found');
    const { meKeyMaterial, uiccKeyMaterial, ...rest } = answer.info;
    expect(hex(meKeyMaterial.exposeOctets())).toBe(gba.ksNaf);
    expect(hex(uiccKeyMaterial?.exposeOctets() ?? new Uint8Array())).toBe(gba.ksIntNaf);
    const { meKeyMaterial: _, uiccKeyMaterial: __, ...expected } = INFO;
    expect(rest).toEqual(expected);
  });

  test('brings the key of GBA_ME, and says nothing of what is absent', () => {
    const answer = read(MESSAGES['bia, GBA_ME']);
    expect(answer).toMatchObject({
      kind: 'found',
      info: { uiccKeyMaterial: undefined, gbaType: undefined, userSecuritySettings: [] },
    });
  });

  // @clause TS 29.109 §6.2.2 s1, s2
  test.each([5402, 5403])('refuses with the experimental result %d of 3GPP', (code) => {
    const result = { kind: 'experimental', vendor: 10_415, code } as const;
    expect(read(bootstrappingInfoAnswer(BIR, BSF_ORIGIN, { kind: 'refused', result }))).toEqual({
      kind: 'refused',
      result,
    });
  });

  test('with the E flag is a refusal, also without its Session-Id', () => {
    const { avps } = MESSAGES.error;
    const answer = { ...MESSAGES.error, avps: avps.filter(({ code }) => code !== 263) };
    expect(read(answer)).toEqual({ kind: 'refused', result: { kind: 'base', code: 3001 } });
  });

  test.each([
    ['Session-Id', 'missing-avp'],
    ['Result-Code', 'missing-avp'],
    ['ME-Key-Material', 'missing-avp'],
  ] as const)('without %s is refused', (name, code) => {
    expect(() => read(without(name))).toThrow(refusal(code, name));
  });

  test.each([
    ['ME-Key-Material', '00'.repeat(31), 'bad-value'],
    ['UICC-Key-Material', '00'.repeat(33), 'bad-value'],
    ['UICC-Key-Material', '', 'bad-value'],
    ['Key-ExpiryTime', '0000000000', 'bad-avp-length'],
    ['User-Name', 'ff', 'bad-value'],
    ['GBA-UserSecSettings', '3c61', 'bad-value'],
    ['Result-Code', '07d1', 'bad-avp-length'],
    ['Session-Id', '61', 'bad-value'],
    ['Experimental-Result', '0000010a4000000c000028af0000012a4000000c0000151a', 'repeated-avp'],
  ] as const)('with the %s %s is refused, and no error holds its octets', (name, data, code) => {
    try {
      read(withAvp(name, octets(data)));
      expect.fail('read');
    } catch (error) {
      expect(error).toEqual(refusal(code));
      if (data.length > 8) expect(JSON.stringify(error) + String(error)).not.toContain(data);
    }
  });

  // @clause RFC 6733 §4.1 s1
  test('with an unknown AVP is refused only if that is mandatory, also in a group', () => {
    const unknown = (isMandatory: boolean): Avp => ({
      code: 999,
      vendor: 4711,
      isMandatory,
      data: octets('01'),
    });
    const { avps } = MESSAGES.bia;
    expect(read({ ...MESSAGES.bia, avps: [...avps, unknown(false)] }).kind).toBe('found');
    expect(() => read({ ...MESSAGES.bia, avps: [...avps, unknown(true)] })).toThrow(
      refusal('unknown-avp', 'AVP 4711:999'),
    );
    const grouped = avp('Proxy-Info', [unknown(true)]);
    expect(() => read({ ...MESSAGES.bia, avps: [...avps, grouped] })).toThrow(refusal('unknown-avp'));
  });

  test('to another command is refused', () => {
    expect(() => read(MESSAGES.dwa)).toThrow(refusal('unexpected-command'));
    expect(() => read(BIR)).toThrow(refusal('unexpected-command'));
  });
});

describe('values', () => {
  // @clause RFC 6733 §4.1 s2
  test.each(vectors.time)('the Time $ntp is $utc', ({ ntp, utc }) => {
    expect(timeFromNtp(ntp)).toBe(Date.parse(utc));
    expect(ntpFromTime(Date.parse(utc), 'a')).toBe(ntp);
  });

  test('a time before 1968, after 2104 or of no number is refused', () => {
    for (const time of [Date.UTC(1967), Date.UTC(2105), Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => ntpFromTime(time, 'a')).toThrow(refusal('bad-value'));
  });

  test.each(['', 'a b', 'ä.net', 'a\n', '-a.net', 'a@b', 'x'.repeat(256)])('%j is no identity', (text) => {
    expect(isDiameterIdentity(text)).toBe(false);
    expect(() => avp('Origin-Host', text)).toThrow(refusal('bad-value'));
    const { code, vendor, isMandatory } = AVP['Origin-Host'];
    const read = { code, vendor, isMandatory, data: Buffer.from(text) };
    expect(() => requiredIn([read], 'Origin-Host')).toThrow(refusal('bad-value'));
  });

  test('an AVP that may be there once and is there twice is refused', () => {
    const twice = [avp('Result-Code', 2001), avp('Result-Code', 5012)];
    expect(() => valueIn(twice, 'Result-Code')).toThrow(refusal('repeated-avp', 'Result-Code'));
    expect(valuesOf(twice, 'Result-Code')).toEqual([2001, 5012]);
  });

  test('the AVP of another vendor with the same code is another AVP', () => {
    expect(valueIn([{ ...avp('Result-Code', 1), vendor: 10_415 }], 'Result-Code')).toBeUndefined();
  });

  test('a number that is none of its format is refused', () => {
    for (const value of [-1, 2 ** 32, 1.5, Number.NaN])
      expect(() => avp('Result-Code', value)).toThrow(refusal('bad-value'));
    for (const value of [2 ** 31, 0.5]) expect(() => avp('GBA-Type', value)).toThrow(refusal('bad-value'));
    expect(valueIn([avp('GBA-Type', -1)], 'GBA-Type')).toBe(-1);
  });

  test('an address that is none, or of a wrong length, is refused', () => {
    expect(() => avp('Host-IP-Address', 'bsf.home1.net')).toThrow(refusal('bad-value'));
    const wrong: Avp = { code: 257, vendor: 0, isMandatory: true, data: octets('0001c00002') };
    expect(() => valuesOf([wrong], 'Host-IP-Address')).toThrow(refusal('bad-avp-length'));
  });

  test('a result is the experimental one or the other, and one of them', () => {
    expect(() => resultIn([])).toThrow(refusal('missing-avp', 'Result-Code'));
  });
});

/** With plain arrays of octets, as they come out of a decoder. */
function normal({ header, avps }: DiameterMessage): DiameterMessage {
  return { header, avps: avps.map((each) => ({ ...each, data: Uint8Array.from(each.data) })) };
}
