import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A segment document as X-Ray takes it. */
export interface SegmentDocument {
  readonly name: string;
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly type?: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly error?: boolean;
  readonly fault?: boolean;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly subsegments?: readonly SegmentDocument[];
}

/** What X-Ray's daemon is to those who send to it: a UDP port. It keeps the segments that come. */
export async function startDaemon() {
  const socket = createSocket('udp4');
  const segments: SegmentDocument[] = [];
  const datagrams: string[] = [];
  socket.on('message', (datagram) => {
    const text = datagram.toString('utf8');
    datagrams.push(text);
    const [preamble = '', document = ''] = text.split('\n');
    const { format, version } = JSON.parse(preamble);
    // As the daemon does, which drops others.
    if (format === 'json' && version === 1) segments.push(JSON.parse(document));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { address, port } = socket.address();
  return { address: `${address}:${port}`, segments, datagrams, close: () => socket.close() };
}
