import { createSocket } from 'node:dgram';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { SenderSettings } from './environment.ts';

const ALL_IPV6 = '::';

/**
 * The addresses at which the sender opens sockets: those of its settings. Leaves out `::` beside other
 * addresses on a machine that has no IPv6 at all: UEs of IPv4 are served there, too.
 */
export async function udpAddressesOf(
  { udpAddresses, udpPort }: Pick<SenderSettings, 'udpAddresses' | 'udpPort'>,
  logger: Pick<Logger, 'warn'>,
  hasIpv6: () => Promise<boolean> = canOpenIpv6,
): Promise<UeAddress[]> {
  const isLeftOut = udpAddresses.length > 1 && udpAddresses.includes(ALL_IPV6) && !(await hasIpv6());
  if (isLeftOut) logger.warn('no IPv6 on this machine: UEs of IPv6 are not reached');
  return udpAddresses
    .filter((address) => !isLeftOut || address !== ALL_IPV6)
    .map((address) => ({ address, port: udpPort }));
}

function canOpenIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp6', ipv6Only: true });
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: ALL_IPV6, port: 0 }, () => socket.close(() => resolve(true)));
  });
}
