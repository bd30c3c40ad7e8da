/** A capture file of UDP datagrams on port 2269, IPv4 over Ethernet, for dissectors that others wrote. */
export function pcapOf(datagrams: readonly Uint8Array[]): Buffer {
  return captureOf(
    datagrams.map((datagram) => {
      const header = Buffer.alloc(8);
      header.writeUInt16BE(2269, 0);
      header.writeUInt16BE(2269, 2);
      header.writeUInt16BE(8 + datagram.length, 4);
      return frameOf(UDP, header, datagram);
    }),
  );
}

/** A capture file of one direction of a TCP connection to a port, a segment for each of `segments`. */
export function tcpPcapOf(port: number, segments: readonly Uint8Array[]): Buffer {
  let sequence = 1;
  return captureOf(
    segments.map((segment) => {
      const header = Buffer.alloc(20);
      header.writeUInt16BE(50_000, 0);
      header.writeUInt16BE(port, 2);
      header.writeUInt32BE(sequence, 4);
      // A header of five words; ACK and PSH.
      header.writeUInt16BE(0x5018, 12);
      header.writeUInt16BE(65_535, 14);
      sequence += segment.length;
      return frameOf(TCP, header, segment);
    }),
  );
}

const UDP = 17;
const TCP = 6;

function captureOf(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

function frameOf(protocol: number, header: Buffer, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(14 + 20);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(20 + header.length + payload.length, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(protocol, 23);
  frame.set([192, 0, 2, 1, 192, 0, 2, 2], 26);
  return Buffer.concat([frame, header, payload]);
}
