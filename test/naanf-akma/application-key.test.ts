import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  encodeApplicationKeyRequest,
  encodeApplicationKeyResponse,
  parseApplicationKeyRequest,
  parseApplicationKeyResponse,
} from '../../lib/naanf-akma/application-key.ts';
import { NaanfError } from '../../lib/naanf-akma/errors.ts';

const KAF = '3eead164955b7897684fdc330fdbb4c7ed0bc8b25639dd8af493e247c7c59b24';
const GOOD = { kaf: KAF, expiry: '2026-11-27T00:00:00Z' };
const body = (value: unknown) => Buffer.from(JSON.stringify(value));

it('a request comes back as it was', () => {
  const aKId = parseBtid('678AbCdEfGhIjKlMnOpQr@5gc.mnc015.mcc234.3gppnetwork.org');
  const request = { afId: 'bmsc.home1.net0100000001', aKId, anonInd: false };
  expect(parseApplicationKeyRequest(encodeApplicationKeyRequest(request))).toEqual(request);
});

it('a response comes back as it was, its key with it', () => {
  const kaf = new SecretKey(Buffer.from(KAF, 'hex'));
  const expiries = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
  const supis = fc.option(fc.constant('imsi-234150999999999'), { nil: undefined });
  fc.assert(
    fc.property(expiries, supis, (expiry, supi) => {
      const parsed = parseApplicationKeyResponse(encodeApplicationKeyResponse({ kaf, expiry, supi }));
      expect(parsed).toMatchObject({ expiry, ...(supi === undefined ? {} : { supi }) });
      expect(parsed.kaf.equals(kaf)).toBe(true);
    }),
  );
});

it.each<[string, unknown, string]>([
  ['is no JSON', undefined, 'the body'],
  ['has no key', { ...GOOD, kaf: undefined }, 'kaf'],
  ['has half a key', { ...GOOD, kaf: KAF.slice(32) }, 'kaf'],
  ['has no expiry', { kaf: KAF }, 'expiry'],
  ['has an expiry without an offset from UTC', { ...GOOD, expiry: '2026-11-27T00:00:00' }, 'expiry'],
])('a response that %s is refused, and its key is not in the message', (_, value, member) => {
  const parse = () => parseApplicationKeyResponse(value === undefined ? Buffer.from('{') : body(value));
  expect(parse).toThrow(NaanfError);
  expect(parse).toThrow(member);
  expect(parse).not.toThrow(KAF.slice(32));
});

it('parsers throw nothing but NaanfError, whatever the octets', () => {
  const throwsOnlyItsOwn = (octets: Uint8Array) =>
    [parseApplicationKeyRequest, parseApplicationKeyResponse].every((parse) => {
      try {
        return parse(octets) !== undefined;
      } catch (error) {
        return error instanceof NaanfError;
      }
    });
  fc.assert(fc.property(fc.uint8Array(), throwsOnlyItsOwn));
  fc.assert(fc.property(fc.jsonValue(), (value) => throwsOnlyItsOwn(body(value))));
});
