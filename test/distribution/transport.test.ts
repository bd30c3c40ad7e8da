import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type DatagramTransport, openDatagramTransport } from '../../lib/distribution/datagram-transport.ts';
import { openBatchTransport } from '../../lib/distribution/transport/batch-transport.ts';
import { loadSystemCalls } from '../../lib/distribution/transport/system-calls.ts';
import type { MessageBatch } from '../../lib/mikey/index.ts';

const open: (Socket | DatagramTransport)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver(): Promise<{ port: number; received: string[] }> {
  const socket = createSocket('udp4');
  const received: string[] = [];
  socket.on('message', (message) => received.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  open.push(socket);
  return { port: socket.address().port, received };
}

function batchOf(texts: readonly string[]): MessageBatch {
  const messages = texts.map((text) => Buffer.from(text));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [index, { length }] of messages.entries()) offsets[index + 1] = (offsets[index] ?? 0) + length;
  return { octets: Buffer.concat(messages), offsets, count: texts.length };
}

const isLinux = process.platform === 'linux';
const OPENERS = {
  dgram: openDatagramTransport,
  ...(isLinux && {
    sendmmsg: async (...given: Parameters<typeof openDatagramTransport>) =>
      openBatchTransport(await loadSystemCalls(), ...given),
  }),
};

describe.each(Object.entries(OPENERS))('a batch of datagrams by %s', (_name, openTransport) => {
  it('brings each message to its own address', async () => {
    const [one, other] = [await receiver(), await receiver()];
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }], () => {});
    open.push(transport);
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    const to = texts.map((_, index) => ({ address: '127.0.0.1', port: (index % 2 ? other : one).port }));
    const outcomes = await transport.sendBatch(batchOf(texts), to);
    expect(outcomes).toEqual(texts.map(() => undefined));
    await expect.poll(() => one.received.length + other.received.length).toBe(300);
    expect(one.received).toEqual(texts.filter((_, index) => index % 2 === 0));
    expect(other.received).toEqual(texts.filter((_, index) => index % 2 === 1));
  });

  it('tells which messages could not be sent, and sends the others', async () => {
    const { port, received } = await receiver();
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }], () => {});
    open.push(transport);
    const outcomes = await transport.sendBatch(batchOf(['one', 'two', 'three']), [
      { address: '127.0.0.1', port },
      { address: '::1', port },
      { address: '::ffff:127.0.0.1', port },
    ]);
    expect(outcomes.map((error) => error?.code)).toEqual([undefined, 'no-route', undefined]);
    await expect.poll(() => received).toEqual(['one', 'three']);
  });

  it('is refused when messages and addresses are not as many', async () => {
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }], () => {});
    open.push(transport);
    await expect(transport.sendBatch(batchOf(['one']), [])).rejects.toThrow(RangeError);
  });
});
