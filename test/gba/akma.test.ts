import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { akidOf, kAfOf, kAkmaOf } from '../../lib/gba/akma.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { SecretKey, secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import vectors from '../vectors/gba.json' with { type: 'json' };

const refusal = (code: string) => expect.objectContaining({ name: 'GbaError', code });
const kAusf = new SecretKey(Buffer.alloc(32, 7));
const input = { kAusf, supi: '001010123456789' };
const network = { routingIndicator: '012', homeNetwork: '5gc.mnc001.mcc001.3gppnetwork.org' };

/** HMAC-SHA-256 over FC and two parameters, each with its length behind it, written out. */
function derived(fc: number, label: string, supi: string): Buffer {
  const s = Buffer.concat([
    Buffer.from([fc]),
    Buffer.from(label),
    Buffer.from([0, label.length]),
    Buffer.from(supi),
    Buffer.from([0, supi.length]),
  ]);
  return createHmac('sha256', Buffer.alloc(32, 7)).update(s).digest();
}

describe('the keys of AKMA', () => {
  // @clause TS 33.535 annex A.4 s1
  it('give the K_AF of the vector', () => {
    const kAf = kAfOf(secretKeyFromHex(vectors.akma.kAkma, 32), nafId(vectors.nafFqdn));
    expect(Buffer.from(kAf.exposeOctets()).toString('hex')).toBe(vectors.akma.kAf);
  });

  // @clause TS 33.535 annex A.2 s1
  it('give K_AKMA by the code 80 and its label', () => {
    expect(Buffer.from(kAkmaOf(input).exposeOctets())).toEqual(derived(0x80, 'AKMA', input.supi));
  });

  it('give an A-KID of Routing Indicator, A-TID and home network', () => {
    const atid = derived(0x81, 'A-TID', input.supi).toString('base64url');
    expect(akidOf({ ...input, ...network })).toBe(`012${atid}@5gc.mnc001.mcc001.3gppnetwork.org`);
  });

  it('need keys of 32 octets and a Routing Indicator of 1 to 4 digits', () => {
    const short = new SecretKey(Buffer.alloc(31));
    expect(() => kAkmaOf({ ...input, kAusf: short })).toThrow(refusal('bad-length'));
    expect(() => akidOf({ ...input, ...network, kAusf: short })).toThrow(refusal('bad-length'));
    expect(() => kAfOf(short, nafId('bmsc.home1.net'))).toThrow(refusal('bad-length'));
    for (const routingIndicator of ['', '12345', 'x'])
      expect(() => akidOf({ ...input, ...network, routingIndicator })).toThrow(refusal('bad-a-kid'));
    expect(() => akidOf({ ...input, ...network, homeNetwork: 'no domain' })).toThrow(refusal('bad-b-tid'));
  });
});
