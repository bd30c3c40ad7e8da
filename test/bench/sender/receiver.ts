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
  /** Takes what has come for messages from `first` to `end` of `expected`; how many are missing or wrong. */
  readonly wrong: (expected: MessageBatch, first: number, end: number) => number;
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
    wrong: (expected, first, end) => {
      let right = 0;
      let next = first;
      for (;;) {
        table.reset();
        const count = calls.recvmmsg(fd, table.headersAddress, table.places, LINUX.MSG_DONTWAIT);
        for (let place = 0; place < count; place++, next++) {
          if (next < end && Buffer.compare(table.octetsOf(place), messageOf(expected, next)) === 0) right++;
        }
        if (count < table.places) return Math.max(end, next) - first - right;
      }
    },
  };
}
