import type { Server } from 'node:http';

/** A port of the local system that another program has. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** Listens on loopback only. @throws PortTakenError */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new PortTakenError(`port ${port} is taken by another program`) : error,
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
