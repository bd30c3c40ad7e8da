import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { canonicalIpAddress } from '../lib/address/ip-address.ts';

/** The addresses of the local system's parts, all numeric. */
export interface LocalHost {
  /** Where the HTTP API listens. */
  readonly api: string;
  /** Where UEs on this machine reach the HTTP API, and where they listen. */
  readonly reachable: string;
  /** Where the stand-in for AWS listens. It gives keys to everybody, so it is on loopback in any case. */
  readonly loopback: string;
  /** Where the sender has a UDP socket each. */
  readonly sender: readonly string[];
}

/** Why the local system can't listen on an address. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** What listens on `--host` without the option. */
export const DEFAULT_HOST = '127.0.0.1';

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

/**
 * The addresses for one numeric address of this machine. `0.0.0.0` is each of its IPv4 addresses, and `::`
 * each of both families.
 * @throws HostError
 */
export function localHostOf(text: string): LocalHost {
  const address = text.includes('%') ? undefined : canonicalIpAddress(text);
  if (address === undefined)
    throw new HostError(`a host is an IP address without a zone, such as 127.0.0.1 or ::1, not "${text}"`);
  const own = LOOPBACK[isIP(address) === 6 ? 6 : 4];
  if (address === '::') return { api: '::', reachable: own, loopback: own, sender: ['0.0.0.0', '::'] };
  const loopback = address.startsWith('127.') ? address : own;
  const reachable = address === '0.0.0.0' ? loopback : address;
  return { api: address, reachable, loopback, sender: [address] };
}

/**
 * Binds each address of the host once, so that nothing starts on one that this machine does not have.
 * @throws HostError
 */
export async function checkHost(host: LocalHost): Promise<void> {
  for (const address of new Set([host.loopback, ...host.sender])) await checkAddress(address);
}

function checkAddress(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const family = isIP(address) === 6 ? 6 : 4;
    const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6 });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(
        error.code === 'EAFNOSUPPORT'
          ? new HostError(`this machine has no IPv${family}`, { cause: error })
          : new HostError(`this machine does not have the address ${address}`, { cause: error }),
      );
    });
    socket.bind({ address, port: 0 }, () => socket.close(() => resolve()));
  });
}
