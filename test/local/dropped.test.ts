import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { droppedAtPort } from '../../local/stream/dropped.ts';

const open: { close: () => unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

describe.skipIf(!existsSync('/proc/net/udp'))(
  'what the system drops (skipped where no /proc/net/udp is)',
  () => {
    test('at a socket that nobody reads is told by its port, and at another is none', async () => {
      const [full, empty, sender] = [0, 1, 2].map(() => createSocket({ type: 'udp4', recvBufferSize: 4096 }));
      if (full === undefined || empty === undefined || sender === undefined) expect.fail();
      for (const socket of [full, empty, sender]) {
        open.push(socket);
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
      }
      // Datagrams are sent at once, and read when this function waits.
      const { port } = full.address();
      const counted = new Promise((resolve) => {
        for (let sent = 0; sent < 200; sent++) sender.send(Buffer.alloc(1000), port, '127.0.0.1', resolve);
      });
      await counted;
      expect(droppedAtPort(port)).toBeGreaterThan(100);
      expect(droppedAtPort(empty.address().port)).toBe(0);
    });
  },
);
