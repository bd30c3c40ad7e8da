import type { UeAddress } from '../../address/ue-address.ts';
import { putPointer } from './send-table.ts';
import { SOCKET_ADDRESS_LENGTH, socketAddressAt } from './socket-address.ts';
import { IOVEC_LENGTH, LINUX, MMSGHDR_LENGTH } from './system-calls.ts';

/** What recvmmsg reads and writes: places for datagrams, their addresses and their errors, in one buffer. */
export interface ReceiveTable {
  readonly places: number;
  /** Where in memory the headers stand. */
  readonly headersAddress: number;
  /** Makes all places ready to be written. */
  readonly reset: () => void;
  /** A copy: the place is used again. */
  readonly octetsOf: (place: number) => Uint8Array;
  readonly isTruncated: (place: number) => boolean;
  /** Who sent it; in the error queue, where it was sent to. */
  readonly addressOf: (place: number) => UeAddress;
  /** The error number of a datagram of the error queue, 0 where there is none. */
  readonly errorOf: (place: number) => number;
}

const PLACES = 64;
/** Longer ones are no MIKEY message of a UE, and are dropped. */
const DATAGRAM_LENGTH = 2048;
/** Room for struct sock_extended_err with an address behind it. */
const CONTROL_LENGTH = 256;
/** Of struct cmsghdr, before its data. */
const CMSGHDR_LENGTH = 16;
const HEADER_WORDS = MMSGHDR_LENGTH / 4;

/** An empty table; `addressOf` tells where a buffer stands in memory. */
export function createReceiveTable(addressOf: (buffer: ArrayBufferLike) => number): ReceiveTable {
  const iovecsAt = PLACES * MMSGHDR_LENGTH;
  const namesAt = iovecsAt + PLACES * IOVEC_LENGTH;
  const controlsAt = namesAt + PLACES * SOCKET_ADDRESS_LENGTH;
  const datagramsAt = controlsAt + PLACES * CONTROL_LENGTH;
  const buffer = new ArrayBuffer(datagramsAt + PLACES * DATAGRAM_LENGTH);
  const start = addressOf(buffer);
  const words = new Uint32Array(buffer);
  const octets = new Uint8Array(buffer);
  for (let place = 0; place < PLACES; place++) {
    const header = place * HEADER_WORDS;
    const iovec = (iovecsAt + place * IOVEC_LENGTH) / 4;
    putPointer(words, header, start + namesAt + place * SOCKET_ADDRESS_LENGTH);
    putPointer(words, header + 4, start + iovecsAt + place * IOVEC_LENGTH);
    words[header + 6] = 1;
    putPointer(words, header + 8, start + controlsAt + place * CONTROL_LENGTH);
    putPointer(words, iovec, start + datagramsAt + place * DATAGRAM_LENGTH);
    words[iovec + 2] = DATAGRAM_LENGTH;
  }
  const header = (place: number, word: number) => words[place * HEADER_WORDS + word] ?? 0;
  return {
    places: PLACES,
    headersAddress: start,
    reset: () => {
      for (let place = 0; place < PLACES; place++) {
        // msg_namelen, msg_controllen, msg_flags
        words[place * HEADER_WORDS + 2] = SOCKET_ADDRESS_LENGTH;
        words[place * HEADER_WORDS + 10] = CONTROL_LENGTH;
        words[place * HEADER_WORDS + 12] = 0;
      }
    },
    octetsOf: (place) => {
      const from = datagramsAt + place * DATAGRAM_LENGTH;
      // msg_len
      return octets.slice(from, from + header(place, 14));
    },
    isTruncated: (place) => (header(place, 12) & LINUX.MSG_TRUNC) !== 0,
    addressOf: (place) => socketAddressAt(octets, namesAt + place * SOCKET_ADDRESS_LENGTH),
    errorOf: (place) =>
      header(place, 10) > CMSGHDR_LENGTH
        ? (words[(controlsAt + place * CONTROL_LENGTH + CMSGHDR_LENGTH) / 4] ?? 0)
        : 0,
  };
}
