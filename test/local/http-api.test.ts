import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

let system: LocalSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system?.close());

/** The status of the answer to a POST whose target is sent as it is. */
function statusOf(target: string): Promise<string | undefined> {
  const { hostname, port } = new URL(system.keyManagementUrl);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.on('error', reject).once('data', (octets) => {
      resolve(/^HTTP\/1.1 ([0-9]+)/.exec(String(octets))?.[1]);
      socket.destroy();
    });
    socket.write(
      `POST ${target} HTTP/1.1\r\nHost: bmsc.home1.net\r\nContent-Length: 0\r\n` +
        'Content-Type: application/mbms-register+xml\r\n\r\n',
    );
  });
}

test.each([
  ['origin form', '/keymanagement?requesttype=register', '401'],
  ['absolute form', 'http://bmsc.home1.net/keymanagement?requesttype=register', '401'],
  ['origin form with an escape', '/key%6Danagement?requesttype=register', '401'],
  ['origin form with the host in its path', '/bmsc.home1.net/keymanagement?requesttype=register', '404'],
  ['absolute form for another path', 'http://bmsc.home1.net/other?requesttype=register', '404'],
])('a Request-URI in %s is answered (RFC 9112 §3.2)', async (_, target, status) => {
  expect(await statusOf(target)).toBe(status);
});
