import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { bindPortGroup } from '../../../lib/native/udp/port-group.ts';
import { loadSystemCalls, type SystemCalls } from '../../../lib/native/udp/system-calls.ts';

/** The UDP port of a task, as its workers share it. */
export interface OpenPort {
  readonly addresses: readonly UeAddress[];
  /** Of each worker the descriptors of its sockets, in this process; undefined: workers bind their own. */
  readonly descriptors: readonly (readonly number[])[] | undefined;
  /** Undefined: each answer comes to the worker it is for. Else why workers have to pass answers on. */
  readonly notSteered: string | undefined;
}

/**
 * Opens the port for so many workers. Port 0 takes any free one on each address.
 * @throws the system's error when an address can't be bound, or another program has its port
 */
export async function openSharedPort(local: readonly UeAddress[], workers: number): Promise<OpenPort> {
  const addresses: UeAddress[] = [];
  for (const each of local) addresses.push(await freeAddress(each));
  let calls: SystemCalls;
  try {
    calls = await loadSystemCalls();
  } catch (error) {
    const notSteered = error instanceof Error ? error.message : String(error);
    return { addresses, descriptors: undefined, notSteered };
  }
  return { addresses, ...bindPortGroup(calls, addresses, workers) };
}

/** Sockets that share a port are not refused where others share it already, nor kept from taking such a port for port 0. */
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
