import { freePort } from '../local/free-port.ts';
import type { LocalPorts } from '../local/system.ts';

/** Ports that nothing listens on now, so that test files and other programs can run side by side. */
export async function freePorts(address = '127.0.0.1'): Promise<LocalPorts> {
  return { endpoint: await freePort(address), http: await freePort(address), udp: 0 };
}
