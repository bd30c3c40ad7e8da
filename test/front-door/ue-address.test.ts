import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrontDoorError, requestOfEvent, ueAddressOf } from '../../lib/front-door/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { albEvent, httpApiV2Event } from './events.ts';

const secretOf = (text: string) => new SecretKey(Buffer.from(text));
const originSecret = secretOf('a secret of the edge');
const request = (headers: readonly (readonly [string, string])[]) =>
  requestOfEvent(httpApiV2Event({ path: '/', query: '', headers, body: new Uint8Array() }, true));

describe('the address of a UE', () => {
  it.each([
    ['203.0.113.7:49152', '203.0.113.7'],
    ['2001:db8::7:49152', '2001:db8::7'],
    ['2001:db8:0:1:2:3:4:5:443', '2001:db8:0:1:2:3:4:5'],
    ['[2001:db8::9]:8080', '2001:db8::9'],
  ])('is what the edge saw, when the edge proves itself: %s', (viewer, address) => {
    const headers = [
      ['CloudFront-Viewer-Address', viewer],
      ['X-Bmsc-Origin-Secret', 'a secret of the edge'],
    ] as const;
    expect(ueAddressOf(request(headers), [originSecret])).toBe(address);
  });

  it.each([
    ['there is no secret', [['cloudfront-viewer-address', '203.0.113.7:1']], originSecret],
    [
      'the secret is wrong',
      [
        ['cloudfront-viewer-address', '203.0.113.7:1'],
        ['x-bmsc-origin-secret', 'another'],
      ],
      originSecret,
    ],
    [
      'the secret is a prefix',
      [
        ['cloudfront-viewer-address', '203.0.113.7:1'],
        ['x-bmsc-origin-secret', 'a secret'],
      ],
      originSecret,
    ],
    [
      'no secret is set',
      [
        ['cloudfront-viewer-address', '203.0.113.7:1'],
        ['x-bmsc-origin-secret', ''],
      ],
      undefined,
    ],
    [
      'the secret set is empty',
      [
        ['cloudfront-viewer-address', '203.0.113.7:1'],
        ['x-bmsc-origin-secret', ''],
      ],
      secretOf(''),
    ],
  ] as const)('is the peer of the gateway when %s', (_, headers, secret) => {
    expect(ueAddressOf(request(headers), secret === undefined ? [] : [secret])).toBe('192.0.2.1');
  });

  it.each([
    ['has none', []],
    ['has none, and X-Forwarded-For has one', [['x-forwarded-for', '203.0.113.7']]],
    ['has a text that is not an address', [['cloudfront-viewer-address', 'ue:1']]],
    ['has one without a port', [['cloudfront-viewer-address', '203.0.113.7']]],
  ] as const)("is not known, and never the edge's own, when the edge %s", (_, headers) => {
    const proven = [...headers, ['x-bmsc-origin-secret', 'a secret of the edge']] as const;
    expect(() => ueAddressOf(request(proven), [originSecret])).toThrow(
      expect.objectContaining({ name: 'FrontDoorError', code: 'no-source-address' }),
    );
  });

  it('must be known', () => {
    const event = {
      ...albEvent({ path: '/', query: '', headers: [], body: new Uint8Array() }, true),
      multiValueHeaders: {},
    };
    expect(() => ueAddressOf(requestOfEvent(event))).toThrow(
      expect.objectContaining({ name: 'FrontDoorError', code: 'no-source-address' }),
    );
  });

  it('is an IP address or a FrontDoorError, whatever the headers', () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text, viewer) => {
        const headers = [
          ['cloudfront-viewer-address', viewer],
          ['x-bmsc-origin-secret', text],
        ] as const;
        try {
          expect(ueAddressOf(request(headers), [secretOf(text)])).toMatch(/^[0-9a-fA-F:.]+(%.*)?$/);
        } catch (error) {
          expect(error).toBeInstanceOf(FrontDoorError);
        }
      }),
    );
  });
});
