import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

/** Whether this machine has `::1`; containers may lack it. Where it is, no test over IPv6 is skipped. */
export const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

if (!HAS_IPV6) process.stderr.write('tests over IPv6 are skipped: this machine has no ::1\n');

/**
 * An interface over which this machine sends to groups of IPv6, by its name; undefined, and said: there is
 * none. Loopback has no route for groups on Linux, nor may a container have another interface with IPv6.
 */
export async function routedIpv6Interface(): Promise<string | undefined> {
  const names = Object.entries(networkInterfaces()).filter(([, all]) =>
    all?.some(({ family }) => family === 'IPv6'),
  );
  for (const [name] of names) {
    const socket = createSocket('udp6');
    try {
      await new Promise<void>((resolve) => socket.bind(0, '::', resolve));
      socket.setMulticastInterface(`::%${name}`);
      const error = await new Promise((resolve) => socket.send('x', 9, 'ff11::1', resolve));
      if (error === null) return name;
    } catch {
    } finally {
      socket.close();
    }
  }
  process.stderr.write('tests of IPv6 groups are skipped: no interface routes ff00::/8\n');
  return undefined;
}
