/** A capture file of UDP datagrams on port 2269, IPv4 over Ethernet, for dissectors that others wrote. */
export function pcapOf(datagrams: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return Buffer.concat([header, ...datagrams.map(recordOf)]);
}

function recordOf(datagram: Uint8Array, index: number): Buffer {
  const frame = Buffer.alloc(14 + 20 + 8);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(28 + datagram.length, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(17, 23);
  frame.set([192, 0, 2, 1, 192, 0, 2, 2], 26);
  frame.writeUInt16BE(2269, 34);
  frame.writeUInt16BE(2269, 36);
  frame.writeUInt16BE(8 + datagram.length, 38);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(index, 0);
  record.writeUInt32LE(frame.length + datagram.length, 8);
  record.writeUInt32LE(frame.length + datagram.length, 12);
  return Buffer.concat([record, frame, datagram]);
}
