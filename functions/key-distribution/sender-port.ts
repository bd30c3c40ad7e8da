import type { Logger } from '@aws-lambda-powertools/logger';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { type Share, senderOf } from '../../lib/distribution/delivery/csb-id.ts';
import type { DatagramListener } from '../../lib/distribution/transport/datagram-transport.ts';
import type { ChosenTransport } from '../../lib/native/index.ts';
import type { SenderSettings } from './environment.ts';
import { openTransport } from './native.ts';
import { udpAddressesOf } from './udp-addresses.ts';

/** The UDP port that a worker shares with the others of its task. */
export interface SharedPort {
  readonly share: Share;
  readonly addresses: readonly UeAddress[];
  /** Sockets that are bound already, one for each address; undefined: the worker binds its own. */
  readonly descriptors: readonly number[] | undefined;
  /** Forwards a datagram to the worker whose message it answers. */
  readonly forward: (index: number, datagram: Uint8Array) => void;
}

/**
 * Opens the port of a sender, its own or a shared one.
 * @throws the system's error when an address can't be bound
 */
export async function openSenderPort(
  settings: SenderSettings,
  shared: SharedPort | undefined,
  logger: Logger,
): Promise<ChosenTransport> {
  const local = shared?.addresses ?? (await udpAddressesOf(settings, logger));
  return openTransport(settings.native, local, {
    reusePort: shared !== undefined,
    bound: shared?.descriptors,
    onRefused: (to, error) => logger.debug('datagram refused', { to, reason: error.message }),
  });
}

/**
 * The receiver of a port. A worker takes datagrams that answer its own messages and forwards the others,
 * once: the worker that gets a forwarded datagram takes it in any case.
 */
export function receiverOf(
  receive: (datagrams: readonly Uint8Array[]) => void,
  shared: SharedPort | undefined,
): DatagramListener {
  if (shared === undefined) return ({ octets }) => receive(octets);
  const { share, forward } = shared;
  return ({ octets }) => {
    const own: Uint8Array[] = [];
    for (const datagram of octets) {
      const index = senderOf(datagram, share.of);
      if (index === share.index) own.push(datagram);
      // A copy: it waits for others, and the datagram is overwritten.
      else forward(index, Uint8Array.from(datagram));
    }
    if (own.length > 0) receive(own);
  };
}
