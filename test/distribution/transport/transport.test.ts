import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../../lib/distribution/transport/dgram-transport.ts';
import type { MessageBatch } from '../../../lib/mikey/index.ts';
import { openBatchTransport } from '../../../lib/native/udp/batch-transport.ts';
import { loadSystemCalls } from '../../../lib/native/udp/system-calls.ts';
import { HAS_IPV6 } from '../../ipv6.ts';

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
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }]);
    open.push(transport);
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    const to = texts.map((_, index) => ({ address: '127.0.0.1', port: (index % 2 ? other : one).port }));
    const outcomes = await transport.sendBatch(batchOf(texts), to);
    expect(outcomes).toEqual(texts.map(() => undefined));
    await expect.poll(() => one.received.length + other.received.length).toBe(300);
    expect(one.received).toEqual(texts.filter((_, index) => index % 2 === 0));
    expect(other.received).toEqual(texts.filter((_, index) => index % 2 === 1));
  });

  it('returns which messages could not be sent, and sends the others', async () => {
    const { port, received } = await receiver();
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }]);
    open.push(transport);
    const outcomes = await transport.sendBatch(batchOf(['one', 'two', 'three']), [
      { address: '127.0.0.1', port },
      { address: '::1', port },
      { address: '::ffff:127.0.0.1', port },
    ]);
    expect(outcomes.map((error) => error?.code)).toEqual([undefined, 'no-route', undefined]);
    await expect.poll(() => received).toEqual(['one', 'three']);
  });

  it('returns an error for a port out of range, and sends the others', async () => {
    const { port, received } = await receiver();
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }]);
    open.push(transport);
    const ports = [0, port, 65_536 + port, -1, 1.5];
    const outcomes = await transport.sendBatch(
      batchOf(ports.map(String)),
      ports.map((each) => ({ address: '127.0.0.1', port: each })),
    );
    expect(outcomes.map((error) => error?.code)).toEqual([
      'no-route',
      undefined,
      ...['no-route', 'no-route', 'no-route'],
    ]);
    await expect.poll(() => received).toEqual([String(port)]);
  });

  it('is refused unless there are as many addresses as messages', async () => {
    const transport = await openTransport([{ address: '127.0.0.1', port: 0 }]);
    open.push(transport);
    await expect(transport.sendBatch(batchOf(['one']), [])).rejects.toThrow(RangeError);
  });
});

describe.runIf(isLinux)('the batch transport', () => {
  it('reads datagrams that come one by one together, and loses none', async () => {
    const transport = openBatchTransport(await loadSystemCalls(), [{ address: '127.0.0.1', port: 0 }]);
    const reads: string[][] = [];
    transport.listen(({ octets }) => reads.push(octets.map((each) => Buffer.from(each).toString())));
    open.push(transport);
    const socket = createSocket('udp4');
    open.push(socket);
    const texts = Array.from({ length: 400 }, (_, index) => `answer ${index}`);
    for (const text of texts) {
      socket.send(text, transport.addresses[0]?.port, '127.0.0.1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => reads.flat()).toEqual(texts);
    expect(reads.length).toBeLessThan(texts.length / 4);
    // Watched again after the last pause.
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.send('late', transport.addresses[0]?.port, '127.0.0.1');
    await expect.poll(() => reads.at(-1)).toEqual(['late']);
  });

  it('reports each address that refuses, by ICMP, and goes on sending and receiving', async () => {
    const closed = await receiver();
    await open.pop()?.close();
    const { port, received } = await receiver();
    const refused: string[] = [];
    const answers: string[] = [];
    const transport = openBatchTransport(await loadSystemCalls(), [{ address: '127.0.0.1', port: 0 }], {
      onRefused: ({ address, port }, { code }) => refused.push(`${address} ${port} ${code}`),
    });
    transport.listen(({ octets }) => answers.push(...octets.map((each) => Buffer.from(each).toString())));
    open.push(transport);
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    const to = texts.map((_, index) => ({ address: '127.0.0.1', port: index % 2 ? port : closed.port }));
    for (let round = 0; round < 3; round++) {
      expect(await transport.sendBatch(batchOf(texts), to)).toEqual(texts.map(() => undefined));
    }
    await expect.poll(() => received.length).toBe(60);
    await expect.poll(() => refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set([`127.0.0.1 ${closed.port} not-sent`]));
    const [address] = transport.addresses;
    await transport.send(Buffer.from('to itself'), address ?? to[0] ?? { address: '', port: 0 });
    await expect.poll(() => answers).toEqual(['to itself']);
  });

  it.runIf(HAS_IPV6)('receives many datagrams, each from its sender, over IPv4 and IPv6', async () => {
    const calls = await loadSystemCalls();
    const local = ['127.0.0.1', '::1'].map((address) => ({ address, port: 0 }));
    const received = new Map<string, string>();
    const one = openBatchTransport(calls, local);
    one.listen(({ octets, addressOf }) => {
      for (const [index, each] of octets.entries()) {
        const { address, port } = addressOf(index);
        received.set(Buffer.from(each).toString(), `${address} ${port}`);
      }
    });
    const other = openBatchTransport(calls, local);
    open.push(one, other);
    const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
    await other.sendBatch(
      batchOf(texts),
      texts.map((_, index) => one.addresses[index % 2] ?? { address: '', port: 0 }),
    );
    await expect.poll(() => received.size).toBe(200);
    const [v4, v6] = other.addresses.map(({ address, port }) => `${address} ${port}`);
    expect(texts.map((text) => received.get(text))).toEqual(texts.map((_, index) => (index % 2 ? v6 : v4)));
  });

  it('shares its port with others of the same kind', async () => {
    const calls = await loadSystemCalls();
    const one = openBatchTransport(calls, [{ address: '127.0.0.1', port: 0 }], { reusePort: true });
    open.push(one);
    const other = openBatchTransport(calls, one.addresses, { reusePort: true });
    open.push(other);
    expect(other.addresses).toEqual(one.addresses);
    expect(() => openBatchTransport(calls, one.addresses)).toThrow(/in use/i);
  });
});
