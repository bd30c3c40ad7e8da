import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { formatMskId } from '../keys/msk-id.ts';
import { type MkiForm, mkiOf } from '../srtp/mki.ts';
import type { TrafficKey } from './traffic-key.ts';

/** What an encoder is told: an MTK that comes, the MTK to use from now on, or to stop. */
export type HandedOver =
  | { readonly state: 'announced' | 'use'; readonly key: TrafficKey }
  | { readonly state: 'stop' };

/**
 * One line of the hand-over, as docs/traffic.md has it, without its end. It holds the octets of the MTK: it
 * goes to a local socket and nowhere else.
 */
export function lineOfHandOver(told: HandedOver, mkiForm: MkiForm): string {
  if (told.state === 'stop') return JSON.stringify({ state: told.state });
  const { keyDomainId, mskId, mtkId, mtk, salt } = told.key;
  return JSON.stringify({
    state: told.state,
    keyDomainId,
    mskId: formatMskId(mskId),
    mtkId,
    mki: Buffer.from(mkiOf(mkiForm, told.key)).toString('hex'),
    mtk: Buffer.from(mtk.exposeOctets()).toString('base64'),
    ...(salt === undefined ? {} : { salt: Buffer.from(salt.exposeOctets()).toString('base64') }),
  });
}

/** A local socket on which encoders get MTKs. Only the user of this process may connect. */
export class HandOver {
  readonly #server: Server;
  readonly #path: string;
  readonly #mkiForm: MkiForm;
  readonly #encoders = new Set<Socket>();
  /** What an encoder that connects later needs. */
  #inUse: HandedOver = { state: 'stop' };
  #announced: HandedOver | undefined;

  private constructor(server: Server, path: string, mkiForm: MkiForm) {
    this.#server = server;
    this.#path = path;
    this.#mkiForm = mkiForm;
    server.on('connection', (socket) => this.#greet(socket));
  }

  /** Listens at the path of a Unix socket. @throws the system's error when it is in use */
  static async listen(path: string, mkiForm: MkiForm): Promise<HandOver> {
    const server = createServer();
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    } finally {
      process.umask(before);
    }
    return new HandOver(server, path, mkiForm);
  }

  tell(told: HandedOver): void {
    if (told.state === 'announced') this.#announced = told;
    else {
      this.#inUse = told;
      this.#announced = undefined;
    }
    for (const socket of this.#encoders) this.#write(socket, told);
  }

  async close(): Promise<void> {
    for (const socket of this.#encoders) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#path, { force: true });
  }

  #greet(socket: Socket): void {
    this.#encoders.add(socket);
    socket.on('close', () => this.#encoders.delete(socket));
    socket.on('error', () => {});
    socket.resume();
    this.#write(socket, this.#inUse);
    if (this.#announced !== undefined) this.#write(socket, this.#announced);
  }

  #write(socket: Socket, told: HandedOver): void {
    socket.write(`${lineOfHandOver(told, this.#mkiForm)}\n`);
  }
}
