import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, VERSION } from './constants.ts';
import { DiameterError } from './errors.ts';
import { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/**
 * The header of a message (RFC 6733 §3), 20 octets.
 *
 *     version (1) | message length (3)
 *     command flags (1): R P E T, then four reserved bits | command code (3)
 *     Application-ID (4)
 *     Hop-by-Hop Identifier (4)
 *     End-to-End Identifier (4)
 */
export interface Header {
  readonly isRequest: boolean;
  /** Whether agents may forward it. */
  readonly isProxiable: boolean;
  /** The answer reports a protocol error, and need not have the AVPs of its command (§7.2). */
  readonly isError: boolean;
  /** The request is perhaps sent for the second time, after a failover (§5.5.4). */
  readonly isRetransmission: boolean;
  readonly command: number;
  readonly application: number;
  /** Matches an answer to its request on one connection. */
  readonly hopByHop: number;
  /** Names a request from its origin to its destination, also when it is sent again. */
  readonly endToEnd: number;
}

const FLAG = { REQUEST: 0x80, PROXIABLE: 0x40, ERROR: 0x20, RETRANSMISSION: 0x10 } as const;

/** Octets from the start that say how long a message is. */
export const LENGTH_PREFIX = 4;

/**
 * The length of a message, in octets, from its first 4.
 * @throws DiameterError `truncated`, `unknown-version`, `bad-message-length`, `too-long`
 */
export function messageLengthOf(octets: Uint8Array, maxLength = MAX_MESSAGE_LENGTH): number {
  const reader = new Reader(octets);
  if (reader.uint(1, 'version') !== VERSION) throw new DiameterError('unknown-version', { field: 'version' });
  const length = reader.uint(3, 'message length');
  const position = { field: 'message length', need: length, have: maxLength };
  if (length < HEADER_LENGTH || length % 4 !== 0)
    throw new DiameterError('bad-message-length', { field: 'message length' });
  if (length > maxLength) throw new DiameterError('too-long', position);
  return length;
}

/**
 * Reads the header, whose message length is that of `octets`. Reserved bits are ignored (§3).
 * @throws DiameterError
 */
export function decodeHeader(octets: Uint8Array, maxLength = MAX_MESSAGE_LENGTH): Header {
  const length = messageLengthOf(octets, maxLength);
  if (length !== octets.length)
    throw new DiameterError('bad-message-length', {
      field: 'message length',
      need: length,
      have: octets.length,
    });
  const reader = new Reader(octets, LENGTH_PREFIX);
  const flags = reader.uint(1, 'command flags');
  const has = (flag: number) => (flags & flag) !== 0;
  const header: Header = {
    isRequest: has(FLAG.REQUEST),
    isProxiable: has(FLAG.PROXIABLE),
    isError: has(FLAG.ERROR),
    isRetransmission: has(FLAG.RETRANSMISSION),
    command: reader.uint(3, 'command code'),
    application: reader.uint(4, 'Application-ID'),
    hopByHop: reader.uint(4, 'Hop-by-Hop Identifier'),
    endToEnd: reader.uint(4, 'End-to-End Identifier'),
  };
  return header;
}

/** Writes the header of a message of `length` octets, header included. @throws DiameterError `bad-value` */
export function encodeHeader(writer: Writer, header: Header, length: number): void {
  const flags =
    (header.isRequest ? FLAG.REQUEST : 0) |
    (header.isProxiable ? FLAG.PROXIABLE : 0) |
    (header.isError ? FLAG.ERROR : 0) |
    (header.isRetransmission ? FLAG.RETRANSMISSION : 0);
  writer
    .uint(1, VERSION, 'version')
    .uint(3, length, 'message length')
    .uint(1, flags, 'command flags')
    .uint(3, header.command, 'command code')
    .uint(4, header.application, 'Application-ID')
    .uint(4, header.hopByHop, 'Hop-by-Hop Identifier')
    .uint(4, header.endToEnd, 'End-to-End Identifier');
}
