import type { UeAddress } from '../../../lib/address/ue-address.ts';
import type { MessageBatch } from '../../../lib/mikey/message/msk-batch.ts';
import { putPointer } from '../../../lib/native/udp/send-table.ts';
import {
  LENGTH_OF_FAMILY,
  putSocketAddress,
  SOCKET_ADDRESS_LENGTH,
  socketAddressAt,
} from '../../../lib/native/udp/socket-address.ts';
import {
  IOVEC_LENGTH,
  LINUX,
  MMSGHDR_LENGTH,
  type SystemCalls,
} from '../../../lib/native/udp/system-calls.ts';

const SO_RCVBUFFORCE = 33;
const BUFFER_LENGTH = 8 * 1024 * 1024;
/** Datagrams that are kept until they are compared, and octets for each: ours have some 220. */
const PLACES = 32_768;
const DATAGRAM_LENGTH = 512;
const PER_CALL = 64;

/**
 * A socket that waits for nobody: what has come is taken and compared between the timed parts. It is kept in
 * one buffer, for what has to be cleared up would weigh on the part after it.
 */
export interface Receiver {
  readonly address: UeAddress;
  /** Takes the datagrams that have come, and keeps them after those taken before. */
  readonly take: () => void;
  /**
   * How many of the messages, from `first` to `end`, are missing in what was taken, or other than they must
   * be; then nothing is taken.
   */
  readonly wrongIn: (expected: MessageBatch, first: number, end: number) => number;
}

/** Opens a receiver on loopback. */
export function openReceiver(calls: SystemCalls): Receiver {
  const fd = calls.socket(LINUX.AF_INET, LINUX.SOCK_DGRAM);
  const address = new Uint8Array(SOCKET_ADDRESS_LENGTH);
  putSocketAddress(address, 0, { address: '127.0.0.1', port: 0 });
  if (calls.bind(fd, address, LENGTH_OF_FAMILY[4]) < 0 || calls.getName(fd, address) < 0)
    throw new Error('the receiver could not be bound');
  if (calls.setOption(fd, LINUX.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_LENGTH) < 0)
    calls.setOption(fd, LINUX.SOL_SOCKET, LINUX.SO_RCVBUF, BUFFER_LENGTH);

  const datagrams = Buffer.alloc((PLACES + PER_CALL) * DATAGRAM_LENGTH);
  const datagramsAddress = calls.addressOf(datagrams.buffer) + datagrams.byteOffset;
  const lengths = new Uint32Array(PLACES + PER_CALL);
  const table = new Uint32Array((PER_CALL * (MMSGHDR_LENGTH + IOVEC_LENGTH)) / 4);
  const tableAddress = calls.addressOf(table.buffer);
  const iovecsAt = PER_CALL * MMSGHDR_LENGTH;
  let taken = 0;

  const takeSome = (): number => {
    for (let index = 0; index < PER_CALL; index++) {
      const header = (index * MMSGHDR_LENGTH) / 4;
      const iovec = (iovecsAt + index * IOVEC_LENGTH) / 4;
      putPointer(table, header + 4, tableAddress + iovecsAt + index * IOVEC_LENGTH);
      table[header + 6] = 1;
      putPointer(table, iovec, datagramsAddress + (taken + index) * DATAGRAM_LENGTH);
      table[iovec + 2] = DATAGRAM_LENGTH;
    }
    const count = calls.recvmmsg(fd, tableAddress, PER_CALL, LINUX.MSG_DONTWAIT);
    for (let index = 0; index < count; index++)
      lengths[taken + index] = table[(index * MMSGHDR_LENGTH) / 4 + 14] ?? 0;
    if (count > 0) taken = Math.min(PLACES, taken + count);
    return count;
  };

  return {
    address: socketAddressAt(address, 0),
    take: () => {
      while (takeSome() === PER_CALL);
    },
    wrongIn: ({ octets, offsets }, first, end) => {
      let wrong = Math.abs(end - first - taken);
      for (let index = 0; index < Math.min(end - first, taken); index++) {
        const start = index * DATAGRAM_LENGTH;
        const from = offsets[first + index];
        const to = offsets[first + index + 1];
        if (datagrams.compare(octets, from, to, start, start + (lengths[index] ?? 0)) !== 0) wrong++;
      }
      taken = 0;
      return wrong;
    },
  };
}
