import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { formatMskId } from '../keys/msk-id.ts';
import { type MkiForm, mkiOf } from '../srtp/mki.ts';
import type { SrtpStreamState } from '../srtp/sender.ts';
import { TrafficError } from './errors.ts';
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

/** Octets of a line from an encoder, and streams in it, as an MTK message can name them. */
const MAX_LINE = 4096;
const MAX_STREAMS = 32;

const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const streamsLine = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    streams: v.pipe(v.array(v.object({ ssrc: uint32, roc: uint32 })), v.maxLength(MAX_STREAMS)),
  }),
);

/**
 * What an encoder says of its streams in one line: their SSRCs and rollover counters now, for UEs that join
 * late. @throws TrafficError `bad-hand-over`
 */
export function streamsOfLine(line: string): readonly SrtpStreamState[] {
  const parsed = v.safeParse(streamsLine, line);
  if (parsed.success) return parsed.output.streams;
  throw new TrafficError('bad-hand-over', 'a line of an encoder is {"streams":[{"ssrc":…,"roc":…}]}');
}

/** A local socket on which encoders get MTKs. Only the user of this process may connect. */
export class HandOver {
  readonly #server: Server;
  readonly #path: string;
  readonly #mkiForm: MkiForm;
  /** With what each has said of its streams. */
  readonly #encoders = new Map<Socket, readonly SrtpStreamState[]>();
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

  /** What the encoders that are connected say of their streams, 32 at most. */
  get streams(): readonly SrtpStreamState[] {
    return [...this.#encoders.values()].flat().slice(0, MAX_STREAMS);
  }

  tell(told: HandedOver): void {
    if (told.state === 'announced') this.#announced = told;
    else {
      this.#inUse = told;
      this.#announced = undefined;
    }
    for (const socket of this.#encoders.keys()) this.#write(socket, told);
  }

  async close(): Promise<void> {
    for (const socket of this.#encoders.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#path, { force: true });
  }

  #greet(socket: Socket): void {
    this.#encoders.set(socket, []);
    socket.on('close', () => this.#encoders.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      this.#hear(socket, lines, text.length);
    });
    this.#write(socket, this.#inUse);
    if (this.#announced !== undefined) this.#write(socket, this.#announced);
  }

  /** Takes the last line; an encoder that says something else is cut off. */
  #hear(socket: Socket, lines: readonly string[], restLength: number): void {
    try {
      for (const line of lines) this.#encoders.set(socket, streamsOfLine(line));
      if (restLength > MAX_LINE)
        throw new TrafficError('bad-hand-over', 'the line of an encoder is too long');
    } catch (error) {
      if (!(error instanceof TrafficError)) throw error;
      socket.destroy();
    }
  }

  #write(socket: Socket, told: HandedOver): void {
    socket.write(`${lineOfHandOver(told, this.#mkiForm)}\n`);
  }
}
