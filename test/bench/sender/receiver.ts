import { createReceiveTable } from '../../../lib/distribution/transport/receive-table.ts';
import {
  LENGTH_OF_FAMILY,
  putSocketAddress,
  SOCKET_ADDRESS_LENGTH,
  socketAddressAt,
} from '../../../lib/distribution/transport/socket-address.ts';
import { LINUX, type SystemCalls } from '../../../lib/distribution/transport/system-calls.ts';
import { type MessageBatch, messageOf } from '../../../lib/mikey/batch/msk-messages.ts';
import type { UeAddress } from '../../../lib/store/association.ts';

const SO_RCVBUFFORCE = 33;
const BUFFER_LENGTH = 8 * 1024 * 1024;

/** A socket that waits for nobody: what has come is taken and compared between the timed parts. */
export interface Receiver {
  readonly address: UeAddress;
  /** Takes what has come. */
  readonly take: () => Uint8Array[];
}

/** Opens a receiver on loopback. */
export function openReceiver(calls: SystemCalls): Receiver {
  const fd = calls.socket(LINUX.AF_INET, LINUX.SOCK_DGRAM);
  const octets = new Uint8Array(SOCKET_ADDRESS_LENGTH);
  putSocketAddress(octets, 0, { address: '127.0.0.1', port: 0 });
  if (calls.bind(fd, octets, LENGTH_OF_FAMILY[4]) < 0 || calls.getName(fd, octets) < 0)
    throw new Error('the receiver could not be bound');
  if (calls.setOption(fd, LINUX.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_LENGTH) < 0)
    calls.setOption(fd, LINUX.SOL_SOCKET, LINUX.SO_RCVBUF, BUFFER_LENGTH);
  const table = createReceiveTable(calls.addressOf);
  return {
    address: socketAddressAt(octets, 0),
    take: () => {
      const taken: Uint8Array[] = [];
      for (;;) {
        table.reset();
        const count = calls.recvmmsg(fd, table.headersAddress, table.places, LINUX.MSG_DONTWAIT);
        for (let place = 0; place < count; place++) taken.push(table.octetsOf(place));
        if (count < table.places) return taken;
      }
    },
  };
}

/** How many messages of `expected`, from `first` to `end`, are missing in what was received, or other than they must be. */
export function wrongIn(
  received: readonly Uint8Array[],
  expected: MessageBatch,
  first: number,
  end: number,
): number {
  let wrong = Math.abs(end - first - received.length);
  for (let index = 0; index < Math.min(end - first, received.length); index++) {
    const octets = received[index] ?? new Uint8Array(0);
    if (Buffer.compare(octets, messageOf(expected, first + index)) !== 0) wrong++;
  }
  return wrong;
}
