/** An end of a conversation: an IPv4 address and a port. */
export interface End {
  readonly address: string;
  readonly port: number;
}

const TCP = 6;
const UDP = 17;

/** Flags of TCP (RFC 9293 §3.1). */
export const FLAG = { FIN: 0x01, SYN: 0x02, PSH: 0x08, ACK: 0x10 } as const;

/** A UDP datagram in an IPv4 packet, with its checksums. */
export function udpPacket(from: End, to: End, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt16BE(8 + data.length, 4);
  return ipPacket(UDP, from, to, Buffer.concat([header, data]), 6);
}

/** A TCP segment in an IPv4 packet, with its checksums. */
export function tcpPacket(
  from: End,
  to: End,
  { seq, ack, flags }: { readonly seq: number; readonly ack: number; readonly flags: number },
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt32BE(seq >>> 0, 4);
  header.writeUInt32BE(ack >>> 0, 8);
  header.writeUInt8(5 << 4, 12);
  header.writeUInt8(flags, 13);
  header.writeUInt16BE(65_535, 14);
  return ipPacket(TCP, from, to, Buffer.concat([header, data]), 16);
}

/** @param checksumAt where the checksum stands in the transport's header */
function ipPacket(protocol: number, from: End, to: End, payload: Buffer, checksumAt: number): Uint8Array {
  const addresses = Buffer.from([...octetsOf(from), ...octetsOf(to)]);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt8(protocol, 1);
  pseudo.writeUInt16BE(payload.length, 2);
  payload.writeUInt16BE(checksum(Buffer.concat([addresses, pseudo, payload])), checksumAt);
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set(addresses, 12);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

/** The Internet checksum (RFC 1071). */
function checksum(octets: Buffer): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function octetsOf({ address }: End): number[] {
  return address.split('.').map(Number);
}
