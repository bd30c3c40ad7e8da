import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type GroupSocket, openReceiver, openSender } from '../../lib/traffic/group-socket.ts';
import { isMulticastAddress } from '../../lib/traffic/multicast-address.ts';
import { routedIpv6Interface } from '../ipv6.ts';

const ROUTED = await routedIpv6Interface();

const open: GroupSocket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) await socket.close();
});

/** Sends three datagrams to a group that two receivers have joined. */
async function toGroup(address: string, over: string) {
  const to = { address, port: randomInt(20_000, 30_000) };
  const got: string[][] = [[], []];
  for (const each of got) {
    const onDatagram = (octets: Uint8Array) => void each.push(Buffer.from(octets).toString());
    open.push(await openReceiver(to, onDatagram, { interface: over }));
  }
  const sender = await openSender(to, { interface: over, hops: 1 });
  open.push(sender);
  for (const text of ['a', 'b', 'c']) sender.send(Buffer.from(text), to);
  await vi.waitFor(
    () =>
      expect(got).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ]),
    5000,
  );
}

describe('a group', () => {
  // @clause TS 33.501 annex W.4.1.2 s3
  test('of IPv4 reaches all that have joined it, on loopback', () =>
    toGroup(`239.255.${randomInt(1, 250)}.${randomInt(1, 250)}`, '127.0.0.1'));

  test.skipIf(ROUTED === undefined)('of IPv6 does, too, over an interface that routes groups', () =>
    // Of interface-local scope: it leaves no machine.
    toGroup(`ff11::${randomInt(1, 0xffff).toString(16)}`, ROUTED ?? ''),
  );

  test('may be one address', async () => {
    const got: string[] = [];
    const onDatagram = (octets: Uint8Array) => void got.push(Buffer.from(octets).toString());
    const receiver = await openReceiver({ address: '127.0.0.1', port: 0 }, onDatagram);
    const sender = await openSender(receiver.address);
    open.push(receiver, sender);
    sender.send(Buffer.from('a'), receiver.address);
    await vi.waitFor(() => expect(got).toEqual(['a']));
  });

  test('is told from one address', () => {
    const all = ['224.0.0.1', '239.255.255.255', 'ff02::1', '223.1.1.1', '240.0.0.1', '::1', 'news'];
    expect(all.map(isMulticastAddress)).toEqual([true, true, true, false, false, false, false]);
  });
});
