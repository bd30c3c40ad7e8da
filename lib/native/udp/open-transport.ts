import type { UeAddress } from '../../address/ue-address.ts';
import type { DatagramTransport } from '../../distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../distribution/transport/dgram-transport.ts';
import { type BatchTransportOptions, openBatchTransport } from './batch-transport.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** A transport, and of which kind it is. */
export interface ChosenTransport {
  readonly transport: DatagramTransport;
  readonly kind: 'sendmmsg' | 'dgram';
  /** Why it is dgram, which makes one system call for each datagram. */
  readonly reason?: string;
}

/**
 * Opens the batch transport. Where its system calls can't be loaded it opens that of `node:dgram`, which
 * reports no ICMP errors. @throws the system's error when an address can't be bound
 */
export async function openFastestTransport(
  local: readonly UeAddress[],
  options: BatchTransportOptions = {},
): Promise<ChosenTransport> {
  let calls: SystemCalls;
  try {
    calls = await loadSystemCalls();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { transport: await openDatagramTransport(local, options), kind: 'dgram', reason };
  }
  return { transport: openBatchTransport(calls, local, options), kind: 'sendmmsg' };
}
