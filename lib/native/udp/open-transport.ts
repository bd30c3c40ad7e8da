import type { UeAddress } from '../../address/ue-address.ts';
import {
  type DatagramListener,
  type DatagramTransport,
  openDatagramTransport,
} from '../../distribution/transport/datagram-transport.ts';
import { type BatchTransportOptions, openBatchTransport } from './batch-transport.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** The transport that this machine has, and which it is. */
export interface ChosenTransport {
  readonly transport: DatagramTransport;
  readonly kind: 'sendmmsg' | 'dgram';
  /** Why it is dgram, which makes one system call for each datagram. */
  readonly reason?: string;
}

/**
 * Opens the batch transport, or where its system calls can't be had that of `node:dgram`, which tells of no ICMP
 * errors. @throws the system's error when an address can't be bound
 */
export async function openFastestTransport(
  local: readonly UeAddress[],
  listener: DatagramListener,
  options: BatchTransportOptions = {},
): Promise<ChosenTransport> {
  let calls: SystemCalls;
  try {
    calls = await loadSystemCalls();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { transport: await openDatagramTransport(local, listener, options), kind: 'dgram', reason };
  }
  return { transport: openBatchTransport(calls, local, listener, options), kind: 'sendmmsg' };
}
