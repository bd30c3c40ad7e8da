import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { senderOf } from '../../../lib/distribution/delivery/csb-id.ts';
import { OutstandingMessages } from '../../../lib/distribution/delivery/outstanding.ts';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import { openBatchTransport } from '../../../lib/native/udp/batch-transport.ts';
import { bindPortGroup } from '../../../lib/native/udp/port-group.ts';
import { loadSystemCalls } from '../../../lib/native/udp/system-calls.ts';
import { HAS_IPV6 } from '../../ipv6.ts';

const open: (Socket | DatagramTransport)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** The start of a HDR with that CSB ID. */
function datagramWith(csbId: number): Buffer {
  const octets = Buffer.alloc(20);
  octets.writeUInt32BE(csbId, 4);
  return octets;
}

test('a CSB ID names the sender that has drawn it, whatever the number of senders', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.nat(),
      fc.infiniteStream(fc.noBias(fc.integer())),
      (of, nth, draws) => {
        const index = nth % of;
        const random32 = () => Number(draws.next().value) >>> 0;
        const outstanding = new OutstandingMessages(random32, { index, of });
        const csbId = outstanding.freeCsbId();
        expect(csbId).toBeGreaterThanOrEqual(0);
        expect(csbId).toBeLessThan(2 ** 32);
        expect(senderOf(datagramWith(csbId), of)).toBe(index);
      },
    ),
  );
});

test('a random number from which a CSB ID would not fit in 32 bits is drawn again', () => {
  const draws = [0xffff_ffff, 7];
  const outstanding = new OutstandingMessages(() => draws.shift() ?? 0, { index: 2, of: 3 });
  expect(outstanding.freeCsbId()).toBe(8);
});

describe.runIf(process.platform === 'linux')('sockets that share a port', () => {
  const OF = 3;

  /** Three senders on two addresses, and the CSB IDs that each of them received. */
  async function startGroup() {
    const calls = await loadSystemCalls();
    const local = await Promise.all(['127.0.0.1', ...(HAS_IPV6 ? ['::1'] : [])].map(freePort));
    const { descriptors, notSteered } = bindPortGroup(calls, local, OF);
    expect(notSteered).toBe(undefined);
    const received: number[][] = descriptors.map(() => []);
    const transports = descriptors.map((bound, index) => {
      const transport = openBatchTransport(calls, local, { bound });
      transport.listen(({ octets }) => {
        for (const each of octets)
          received[index]?.push(each.length < 8 ? -1 : Buffer.from(each).readUInt32BE(4));
      });
      open.push(transport);
      return transport;
    });
    return { local, transports, received };
  }

  async function freePort(address: string): Promise<UeAddress> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    return { address, port };
  }

  it.runIf(HAS_IPV6)('have each answer, over IPv4 and IPv6 and from any port, from the system', async () => {
    const { local, transports, received } = await startGroup();
    expect(transports.map(({ addresses }) => addresses)).toEqual([local, local, local]);
    const csbIds = Array.from({ length: 600 }, () => Math.floor(Math.random() * 2 ** 32));
    for (let from = 0; from < 20; from++) {
      for (const [number, to] of local.entries()) {
        const ue = createSocket(number === 1 ? 'udp6' : 'udp4');
        open.push(ue);
        for (const csbId of csbIds.slice(30 * from, 30 * (from + 1)))
          if (csbId % 2 === number) ue.send(datagramWith(csbId), to.port, to.address);
      }
    }
    await expect.poll(() => received.flat().length).toBe(csbIds.length);
    for (let index = 0; index < OF; index++)
      expect(new Set(received[index])).toEqual(new Set(csbIds.filter((csbId) => csbId % OF === index)));
  });

  it('give what is too short for a CSB ID to the first', async () => {
    const { local, received } = await startGroup();
    const ue = createSocket('udp4');
    open.push(ue);
    for (const length of [0, 1, 4, 7]) ue.send(Buffer.alloc(length), local[0]?.port ?? 0, '127.0.0.1');
    await expect.poll(() => received[0]).toEqual([-1, -1, -1, -1]);
    expect(received.slice(1)).toEqual([[], []]);
  });

  it('all send, from the same port', async () => {
    const { local, transports } = await startGroup();
    const ports: number[] = [];
    const ue = createSocket('udp4', (_octets, { port }) => ports.push(port)).bind(0, '127.0.0.1');
    await once(ue, 'listening');
    open.push(ue);
    for (const transport of transports)
      await transport.send(Buffer.from('to a UE'), { address: '127.0.0.1', port: ue.address().port });
    await expect.poll(() => ports).toEqual(transports.map(() => local[0]?.port));
  });
});
