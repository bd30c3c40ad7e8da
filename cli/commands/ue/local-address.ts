import { createConnection } from 'node:net';

/** How long the connection to the BM-SC may take, in ms. */
const CONNECT_MS = 3000;

/**
 * The address of this machine from which it reaches the BM-SC: MIKEY messages come to the address that
 * requests come from. Loopback when the BM-SC can't be reached: the request then says why.
 */
export function addressTowards(url: URL): Promise<string> {
  // A name under `localhost` is this machine (RFC 6761 §6.3), as it is for the requests.
  const hostname = url.hostname.endsWith('.localhost') ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port, timeout: CONNECT_MS });
    const done = (address: string | undefined) => {
      socket.destroy();
      resolve(address ?? (hostname.includes(':') ? '::1' : '127.0.0.1'));
    };
    socket.once('connect', () => done(socket.localAddress));
    socket.once('timeout', () => done(undefined));
    socket.on('error', () => done(undefined));
  });
}
