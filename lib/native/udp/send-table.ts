import type { UeAddress } from '../../address/ue-address.ts';
import type { MessageBatch } from '../../mikey/message/msk-batch.ts';
import { LENGTH_OF_FAMILY, putSocketAddress, SOCKET_ADDRESS_LENGTH } from './socket-address.ts';
import { IOVEC_LENGTH, MMSGHDR_LENGTH } from './system-calls.ts';

/** The most that one call of sendmmsg or recvmmsg takes (UIO_MAXIOV). */
export const MAX_PER_CALL = 1024;

/**
 * What sendmmsg reads, for up to `MAX_PER_CALL` messages: struct mmsghdr, struct iovec and a socket address
 * each, in one buffer that is made once and never moves.
 */
export interface SendTable {
  readonly headers: Uint32Array;
  readonly iovecs: Uint32Array;
  readonly names: Uint8Array;
  /** The address of the headers in memory. */
  readonly headersAddress: number;
}

const HEADER_WORDS = MMSGHDR_LENGTH / 4;
const IOVEC_WORDS = IOVEC_LENGTH / 4;
const HIGH = 2 ** 32;

/** An empty table. `addressOf` returns the address of a buffer in memory. */
export function createSendTable(addressOf: (buffer: ArrayBufferLike) => number): SendTable {
  const buffer = new ArrayBuffer(MAX_PER_CALL * (MMSGHDR_LENGTH + IOVEC_LENGTH + SOCKET_ADDRESS_LENGTH));
  const iovecsAt = MAX_PER_CALL * MMSGHDR_LENGTH;
  const namesAt = iovecsAt + MAX_PER_CALL * IOVEC_LENGTH;
  const headersAddress = addressOf(buffer);
  const headers = new Uint32Array(buffer, 0, iovecsAt / 4);
  for (let index = 0; index < MAX_PER_CALL; index++) {
    const header = index * HEADER_WORDS;
    putPointer(headers, header, headersAddress + namesAt + index * SOCKET_ADDRESS_LENGTH);
    putPointer(headers, header + 4, headersAddress + iovecsAt + index * IOVEC_LENGTH);
    // msg_iovlen
    headers[header + 6] = 1;
  }
  return {
    headers,
    iovecs: new Uint32Array(buffer, iovecsAt, MAX_PER_CALL * IOVEC_WORDS),
    names: new Uint8Array(buffer, namesAt),
    headersAddress,
  };
}

/**
 * Puts one message of a batch, whose octets stand at `octetsAddress` in memory, and its address at an index
 * of the table. Allocates nothing.
 * @returns the family of the address, or 0 when it is not numeric
 */
export function putMessage(
  { headers, iovecs, names }: SendTable,
  index: number,
  { offsets }: MessageBatch,
  octetsAddress: number,
  message: number,
  to: UeAddress,
): 0 | 4 | 6 {
  const family = putSocketAddress(names, index * SOCKET_ADDRESS_LENGTH, to);
  if (family === 0) return 0;
  const start = offsets[message] ?? 0;
  const end = offsets[message + 1] ?? 0;
  // msg_namelen
  headers[index * HEADER_WORDS + 2] = LENGTH_OF_FAMILY[family];
  putPointer(iovecs, index * IOVEC_WORDS, octetsAddress + start);
  iovecs[index * IOVEC_WORDS + 2] = end - start;
  return family;
}

/** A pointer as two words, so that no BigInt is made. */
export function putPointer(words: Uint32Array, at: number, address: number): void {
  words[at] = address >>> 0;
  words[at + 1] = (address / HIGH) >>> 0;
}
