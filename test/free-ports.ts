import { createServer } from 'node:net';
import type { LocalPorts } from '../local/system.ts';

/** Ports that nothing listens on now, so that test files and other programs can run side by side. */
export async function freePorts(address = '127.0.0.1'): Promise<LocalPorts> {
  return { endpoint: await freePort(address), http: await freePort(address), udp: 0 };
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
