import type { Server } from 'node:http';

/** A port of the local system that another program has. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** Listens on a numeric address, loopback unless another is given. @throws PortTakenError */
export function listen(server: Server, port: number, address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new PortTakenError(`port ${port} is taken by another program`) : error,
      );
    });
    server.listen(port, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}
