import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../lib/key-management/payload/msk-request.ts';
import { keyDomainIdFromOctets, parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';

const octets = (text: string) => Buffer.from(text, 'utf8');
const base64 = (xml: string) => octets(Buffer.from(xml, 'utf8').toString('base64'));
const request = (inner: string) => base64(`<mbmsMSKRequest><MSK>${inner}</MSK></mbmsMSKRequest>`);
const refusal = (code: string) => expect.objectContaining({ name: 'PayloadError', code });

const current = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(0x0001, 0) };

const part = fc.integer({ min: 0, max: 0xffff });
const key = fc.record({
  keyDomainId: fc.uint8Array({ minLength: 3, maxLength: 3 }).map(keyDomainIdFromOctets),
  mskId: fc.tuple(part, part).map(([keyGroup, keyNumber]) => mskId(keyGroup, keyNumber)),
});

describe('an MSK request', () => {
  it('names each key by the Base64 of the octets of its two identifiers', () => {
    expect(Buffer.from(encodeMskRequest([current]), 'base64').toString('utf8')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><mbmsMSKRequest xmlns="urn:3GPP:metadata:2005:MBMS:msk">' +
        '<MSK><keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID></MSK></mbmsMSKRequest>',
    );
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { minLength: 1, maxLength: 64, selector: (each) => JSON.stringify(each) }),
        (keys) => {
          expect(decodeMskRequest(octets(encodeMskRequest(keys)))).toEqual(keys);
        },
      ),
    );
  });

  it('counts a key once that it names twice', () => {
    const twice = base64(
      '<mbmsMSKRequest>' +
        '<MSK><keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID></MSK>'.repeat(2) +
        '</mbmsMSKRequest>',
    );
    expect(decodeMskRequest(twice)).toEqual([current]);
    expect(encodeMskRequest([current, current])).toBe(encodeMskRequest([current]));
  });

  it.each([
    ['0012', 'd34d76'],
    ['1e10', 'd5ed74'],
    ['0x10', 'd31d74'],
    ['true', 'b6bb9e'],
    ['null', '9ee965'],
  ])('takes the Key Domain ID %s for Base64, not for a number or a word', (text, hex) => {
    const [read] = decodeMskRequest(request(`<keyDomainID>${text}</keyDomainID><MSKID>AAEAAA==</MSKID>`));
    expect(read?.keyDomainId).toBe(hex);
  });

  it('may have its elements in any order and others among them', () => {
    expect(
      decodeMskRequest(request('\n<MSKID>\tAAEAAA== </MSKID><later/> <keyDomainID>APEQ</keyDomainID>')),
    ).toEqual([current]);
  });

  it.each([
    ['no Key Domain ID', '<MSKID>AAEAAA==</MSKID>'],
    ['no MSK ID', '<keyDomainID>APEQ</keyDomainID>'],
    ['two MSK IDs', '<keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA==</MSKID><MSKID>AAEAAA==</MSKID>'],
    ['a Key Domain ID of 2 octets', '<keyDomainID>APE=</keyDomainID><MSKID>AAEAAA==</MSKID>'],
    ['an MSK ID of 3 octets', '<keyDomainID>APEQ</keyDomainID><MSKID>AAEA</MSKID>'],
    ['an MSK ID of 5 octets', '<keyDomainID>APEQ</keyDomainID><MSKID>AAEAAAA=</MSKID>'],
    ['an MSK ID without padding', '<keyDomainID>APEQ</keyDomainID><MSKID>AAEAAA</MSKID>'],
    ['an MSK ID with bits left over', '<keyDomainID>APEQ</keyDomainID><MSKID>AAEAAB==</MSKID>'],
    ['an MSK ID in hexadecimal', '<keyDomainID>APEQ</keyDomainID><MSKID>00010000</MSKID>'],
    ['an MSK ID made of elements', '<keyDomainID>APEQ</keyDomainID><MSKID><a>AAEAAA==</a></MSKID>'],
    ['only text', 'APEQ'],
  ])('is refused when a key has %s', (_, inner) => {
    expect(() => decodeMskRequest(request(inner))).toThrow(refusal('bad-content'));
  });

  it('holds 1 to 64 keys', () => {
    const keys = Array.from({ length: 65 }, (_, index) => ({ ...current, mskId: mskId(index, 0) }));
    expect(decodeMskRequest(octets(encodeMskRequest(keys.slice(1))))).toHaveLength(64);
    expect(() => encodeMskRequest(keys)).toThrow(refusal('too-many'));
    expect(() => encodeMskRequest([])).toThrow(refusal('bad-content'));
    expect(() => decodeMskRequest(base64(`<mbmsMSKRequest>${'<MSK/>'.repeat(65)}</mbmsMSKRequest>`))).toThrow(
      refusal('bad-content'),
    );
  });

  it('is refused in every prefix', () => {
    const body = octets(encodeMskRequest([current]));
    for (let length = 0; length < body.length; length++) {
      expect(() => decodeMskRequest(body.subarray(0, length))).toThrow(PayloadError);
    }
  });

  it('is keys or a PayloadError, whatever the octets', () => {
    const texts = fc.string({ unit: 'grapheme' });
    const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), texts.map(base64), texts.map(request));
    fc.assert(
      fc.property(bodies, (body) => {
        for (const decode of [decodeMskRequest, decodeMskResponse]) {
          try {
            expect(decode(body).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(PayloadError);
          }
        }
      }),
    );
  });
});

describe('an MSK response', () => {
  it('comes back as it was', () => {
    const item = fc
      .tuple(key, fc.integer({ min: 100, max: 599 }))
      .map(([each, responseCode]) => ({ ...each, responseCode }));
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 64 }), (items) => {
        expect(decodeMskResponse(octets(encodeMskResponse(items)))).toEqual(items);
      }),
    );
  });

  it('is no MSK request', () => {
    expect(() => decodeMskRequest(octets(encodeMskResponse([{ ...current, responseCode: 200 }])))).toThrow(
      refusal('bad-content'),
    );
    expect(() => decodeMskResponse(octets(encodeMskRequest([current])))).toThrow(refusal('bad-content'));
  });
});
