import type { UeAddress } from '../../address/ue-address.ts';
import type { ReceivedDatagrams } from '../../distribution/transport/datagram-transport.ts';
import { putPointer } from './send-table.ts';
import { SOCKET_ADDRESS_LENGTH, socketAddressAt } from './socket-address.ts';
import { IOVEC_LENGTH, LINUX, MMSGHDR_LENGTH } from './system-calls.ts';

/** What recvmmsg reads and writes: datagrams, their addresses and their errors, in one buffer. */
export interface ReceiveTable {
  /** Datagrams that the table holds. */
  readonly capacity: number;
  /** The address of the headers in memory. */
  readonly headersAddress: number;
  /** Makes the whole table ready to be written. */
  readonly reset: () => void;
  /** Those of the first `count` that are whole: views of the table, until it is used again. */
  readonly datagrams: (count: number) => ReceivedDatagrams;
  /** The sender's address; in the error queue, the address that the datagram was sent to. */
  readonly addressOf: (index: number) => UeAddress;
  /** The error number of a datagram of the error queue, 0 where there is none. */
  readonly errorOf: (index: number) => number;
}

const CAPACITY = 64;
/** Longer datagrams are not MIKEY messages of a UE, and are dropped. */
const DATAGRAM_LENGTH = 2048;
/** Room for struct sock_extended_err with an address behind it. */
const CONTROL_LENGTH = 256;
/** Of struct cmsghdr, before its data. */
const CMSGHDR_LENGTH = 16;
const HEADER_WORDS = MMSGHDR_LENGTH / 4;

/** An empty table. `memoryOf` returns the address of a buffer in memory. */
export function createReceiveTable(memoryOf: (buffer: ArrayBufferLike) => number): ReceiveTable {
  const iovecsAt = CAPACITY * MMSGHDR_LENGTH;
  const namesAt = iovecsAt + CAPACITY * IOVEC_LENGTH;
  const controlsAt = namesAt + CAPACITY * SOCKET_ADDRESS_LENGTH;
  const datagramsAt = controlsAt + CAPACITY * CONTROL_LENGTH;
  const buffer = new ArrayBuffer(datagramsAt + CAPACITY * DATAGRAM_LENGTH);
  const start = memoryOf(buffer);
  const words = new Uint32Array(buffer);
  const octets = new Uint8Array(buffer);
  for (let index = 0; index < CAPACITY; index++) {
    const header = index * HEADER_WORDS;
    const iovec = (iovecsAt + index * IOVEC_LENGTH) / 4;
    putPointer(words, header, start + namesAt + index * SOCKET_ADDRESS_LENGTH);
    putPointer(words, header + 4, start + iovecsAt + index * IOVEC_LENGTH);
    words[header + 6] = 1;
    putPointer(words, header + 8, start + controlsAt + index * CONTROL_LENGTH);
    putPointer(words, iovec, start + datagramsAt + index * DATAGRAM_LENGTH);
    words[iovec + 2] = DATAGRAM_LENGTH;
  }
  const header = (index: number, word: number) => words[index * HEADER_WORDS + word] ?? 0;
  const addressOf = (index: number) => socketAddressAt(octets, namesAt + index * SOCKET_ADDRESS_LENGTH);
  return {
    capacity: CAPACITY,
    headersAddress: start,
    reset: () => {
      for (let index = 0; index < CAPACITY; index++) {
        // msg_namelen, msg_controllen, msg_flags
        words[index * HEADER_WORDS + 2] = SOCKET_ADDRESS_LENGTH;
        words[index * HEADER_WORDS + 10] = CONTROL_LENGTH;
        words[index * HEADER_WORDS + 12] = 0;
      }
    },
    datagrams: (count) => {
      const whole: Uint8Array[] = [];
      const places: number[] = [];
      for (let index = 0; index < count; index++) {
        if ((header(index, 12) & LINUX.MSG_TRUNC) !== 0) continue;
        const from = datagramsAt + index * DATAGRAM_LENGTH;
        // msg_len
        whole.push(octets.subarray(from, from + header(index, 14)));
        places.push(index);
      }
      return { octets: whole, addressOf: (index) => addressOf(places[index] ?? 0) };
    },
    addressOf,
    errorOf: (index) =>
      header(index, 10) > CMSGHDR_LENGTH
        ? (words[(controlsAt + index * CONTROL_LENGTH + CMSGHDR_LENGTH) / 4] ?? 0)
        : 0,
  };
}
