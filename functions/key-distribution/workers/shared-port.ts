import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { bindWorkerSockets, type NativeSetting, type WorkerSockets } from '../native.ts';

/** The UDP port of a task, as its workers share it. */
export interface OpenPort extends WorkerSockets {
  readonly addresses: readonly UeAddress[];
}

/**
 * Opens the port for `workers` workers. Port 0 takes any free one on each address.
 * @throws the system's error when an address can't be bound, or another program has its port
 */
export async function openSharedPort(
  native: NativeSetting,
  local: readonly UeAddress[],
  workers: number,
): Promise<OpenPort> {
  const addresses: UeAddress[] = [];
  for (const each of local) addresses.push(await freeAddress(each));
  return { addresses, ...(await bindWorkerSockets(native, addresses, workers)) };
}

/**
 * The address with a port that nobody has. Binding it with SO_REUSEPORT alone would also succeed on a port
 * that other programs share, and port 0 could take one of those.
 * @throws the system's error when the port is taken
 */
function freeAddress({ address, port }: UeAddress): Promise<UeAddress> {
  return new Promise((resolve, reject) => {
    const type = isIP(address) === 6 ? 'udp6' : 'udp4';
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      const bound = socket.address();
      socket.close(() => resolve({ address: bound.address, port: bound.port }));
    });
  });
}
