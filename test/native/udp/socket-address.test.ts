import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putSocketAddress, socketAddressAt } from '../../../lib/native/udp/socket-address.ts';

const octets = new Uint8Array(48);
const familyOf = (address: string) => putSocketAddress(octets.fill(0xee), 8, { address, port: 0x08dd });
const thereAndBack = (address: string) => (familyOf(address) === 0 ? undefined : socketAddressAt(octets, 8));

describe('a socket address', () => {
  it('comes back as it was written', () => {
    const port = 0x08dd;
    expect(thereAndBack('192.0.2.1')).toEqual({ address: '192.0.2.1', port });
    expect(thereAndBack('2001:DB8:0:0:1::1')).toEqual({ address: '2001:db8::1:0:0:1', port });
    expect(thereAndBack('::')).toEqual({ address: '::', port });
    expect(thereAndBack('1:0:2:0:0:3:0:0')).toEqual({ address: '1:0:2::3:0:0', port });
  });

  it('has the octets of sockaddr_in and sockaddr_in6', () => {
    familyOf('192.0.2.1');
    expect(Buffer.from(octets.subarray(8, 24)).toString('hex')).toBe('020008ddc00002010000000000000000');
    familyOf('2001:db8::1');
    expect(Buffer.from(octets.subarray(8, 36)).toString('hex')).toBe(
      '0a0008dd0000000020010db800000000000000000000000100000000',
    );
  });

  it('is that of IPv4 where IPv6 names an IPv4 peer', () => {
    expect(thereAndBack('::ffff:192.0.2.1')).toEqual({ address: '192.0.2.1', port: 0x08dd });
    expect(familyOf('::ffff:c000:201')).toBe(4);
    expect(familyOf('::192.0.2.1')).toBe(6);
  });

  it('is taken where Node takes it, whatever the text', () => {
    const part = fc.constantFrom(
      ':',
      '::',
      '.',
      '0',
      '1',
      '00',
      '255',
      '256',
      'ffff',
      'f',
      'g',
      '1.2.3.4',
      '%',
    );
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string(),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (address) => {
        const node = address.includes('%') ? 0 : isIP(address);
        const ours = familyOf(address);
        expect(ours === 0).toBe(node === 0);
        if (node === 4) expect(socketAddressAt(octets, 8).address).toBe(address);
      }),
      { numRuns: 3000 },
    );
  });
});
