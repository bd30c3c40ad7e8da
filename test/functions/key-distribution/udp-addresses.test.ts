import { expect, test } from 'vitest';
import { udpAddressesOf } from '../../../functions/key-distribution/udp-addresses.ts';

/** The addresses of the sockets, and what was logged. */
async function opened(udpAddresses: readonly string[], hasIpv6: boolean) {
  const warnings: unknown[] = [];
  const logger = { warn: (...message: unknown[]) => void warnings.push(message) };
  const local = await udpAddressesOf({ udpAddresses, udpPort: 2269 }, logger, async () => hasIpv6);
  expect(local.every(({ port }) => port === 2269)).toBe(true);
  return { addresses: local.map(({ address }) => address), warnings: warnings.length };
}

test('a sender has a socket of each family', async () => {
  expect(await opened(['0.0.0.0', '::'], true)).toEqual({ addresses: ['0.0.0.0', '::'], warnings: 0 });
});

test('a machine without IPv6 still serves UEs of IPv4, and the log says so', async () => {
  expect(await opened(['0.0.0.0', '::'], false)).toEqual({ addresses: ['0.0.0.0'], warnings: 1 });
});

test.each([[['::']], [['0.0.0.0', '::1']], [['0.0.0.0']]])(
  'what a setting demands is never left out: %s',
  async (addresses) => {
    expect(await opened(addresses, false)).toEqual({ addresses, warnings: 0 });
  },
);
