import { createServer, get, type Server } from 'node:http';

/** A sender is healthy while its queue answered it within this time, in ms. */
export const HEALTHY_FOR_MS = 90_000;

/**
 * Answers on loopback whether this process is healthy: 200 while `isHealthy`, else 503.
 * @throws the system's error when the port is taken
 */
export function serveHealth(port: number, isHealthy: () => boolean): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((_request, response) => {
      response.writeHead(isHealthy() ? 200 : 503).end();
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Whether the process that serves its health on this port of this machine answers 200. */
export function isHealthyOnPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
