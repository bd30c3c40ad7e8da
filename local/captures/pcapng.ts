/** A packet of a capture file. */
export interface CapturedPacket {
  /** Microseconds since the epoch. */
  readonly at: number;
  /** An IPv4 packet. */
  readonly octets: Uint8Array;
  readonly comment?: string | undefined;
}

const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, ENHANCED_PACKET: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** The link type of packets that start with the IP header (LINKTYPE_RAW). */
const RAW_IP = 101;

const OPTION_COMMENT = 1;

/** A pcapng file with one section and one interface; little endian, times in microseconds. */
export function pcapngOf(packets: readonly CapturedPacket[]): Uint8Array {
  const section = Buffer.concat([uint32(BYTE_ORDER_MAGIC), uint16(1), uint16(0), Buffer.alloc(8, 0xff)]);
  const description = Buffer.concat([uint16(RAW_IP), uint16(0), uint32(0)]);
  return Buffer.concat([
    block(BLOCK.SECTION, section),
    block(BLOCK.INTERFACE, description),
    ...packets.map((packet) => block(BLOCK.ENHANCED_PACKET, bodyOf(packet))),
  ]);
}

function bodyOf({ at, octets, comment }: CapturedPacket): Buffer {
  const length = uint32(octets.length);
  const time = [uint32(Math.floor(at / 2 ** 32)), uint32(at % 2 ** 32)];
  return Buffer.concat([uint32(0), ...time, length, length, padded(octets), options(comment)]);
}

function options(comment: string | undefined): Buffer {
  if (comment === undefined) return Buffer.alloc(0);
  const text = Buffer.from(comment);
  return Buffer.concat([uint16(OPTION_COMMENT), uint16(text.length), padded(text), uint32(0)]);
}

/** Type, length, body, and the length once more. */
function block(type: number, body: Buffer): Buffer {
  const length = uint32(body.length + 12);
  return Buffer.concat([uint32(type), length, body, length]);
}

function padded(octets: Uint8Array): Buffer {
  return Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
}

function uint16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16LE(value);
  return octets;
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value >>> 0);
  return octets;
}
