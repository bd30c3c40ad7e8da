import { createServer } from 'node:net';
import type { LocalPorts } from '../local/system.ts';

/** Ports that nothing listens on now, so that test files and other programs can run side by side. */
export async function freePorts(): Promise<LocalPorts> {
  return { endpoint: await freePort(), http: await freePort(), udp: 0 };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
