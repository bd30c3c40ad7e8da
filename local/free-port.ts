import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below those that Linux (32768 and above) and macOS (49152 and above) give to outgoing connections
 * and to whoever asks for any port, so that none of them takes the port before its user binds it.
 */
const PORTS = { first: 16_384, end: 32_768 } as const;

/** How many ports to try. Other programs hold few of them. */
const MAX_TRIES = 100;

/**
 * A TCP port that nothing listens on now.
 * @throws the last system error, where none of the ports tried can be bound, as on an address of another host
 */
export async function freePort(host: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(PORTS.first, PORTS.end);
    try {
      await bindOnce(host, port);
      return port;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

function bindOnce(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
