import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { BOOTSTRAPPING_INFO_PATH } from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { type NbspAnswer, problem } from './answer.ts';
import type { TlsTexts } from './environment.ts';

/** How the resource is served. */
export interface Http2Options {
  readonly address: string;
  readonly port: number;
  /** Undefined: cleartext with prior knowledge. With `ca`, a client needs a certificate. */
  readonly tls: TlsTexts | undefined;
  readonly answer: (body: Uint8Array) => Promise<NbspAnswer>;
  /** Whether a BSF can be asked: the status of `GET /health`. */
  readonly isReady: () => boolean;
  /** Learns of each answer to a request for keys. */
  readonly onAnswer: (answer: NbspAnswer, latencyMs: number) => void;
  /** Learns of an error of our own; the request gets 500. */
  readonly onError: (error: unknown) => void;
}

/** The resource that says whether a BSF can be asked, for load balancers and people. */
export const HEALTH_PATH = '/health';

/** Octets of a request's body at most: a B-TID, an FQDN and some numbers. */
const MAX_BODY = 16_384;
/** How long a request may take to arrive, in ms. */
const BODY_TIMEOUT_MS = 5000;
/** Requests of one connection at the same time. */
const MAX_STREAMS = 1000;

/** Serves the resource of Nbsp_GBA over HTTP/2 (TS 29.309 §6.1; TS 29.500 §5.2). */
export class Http2ResourceServer {
  readonly #options: Http2Options;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  #streams = 0;

  private constructor(options: Http2Options) {
    const { tls } = options;
    const settings = { maxConcurrentStreams: MAX_STREAMS, enablePush: false };
    this.#options = options;
    this.#server =
      tls === undefined
        ? createServer({ settings })
        : createSecureServer({
            ...tls,
            settings,
            minVersion: 'TLSv1.2',
            requestCert: tls.ca !== undefined,
            rejectUnauthorized: tls.ca !== undefined,
          });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => {});
    });
    this.#server.on('sessionError', () => {});
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => void this.#serve(stream, headers));
  }

  /** Listens. @throws the system's error when the port is taken */
  static async listen(options: Http2Options): Promise<Http2ResourceServer> {
    const server = new Http2ResourceServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(options.port, options.address, resolve);
    });
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Accepts nothing more, lets requests in progress end for at most `drainMs`, and closes. */
  async stop(drainMs: number): Promise<void> {
    this.#server.close();
    // Sends GOAWAY; the session ends with its last stream.
    for (const session of this.#sessions) session.close();
    for (const deadline = Date.now() + drainMs; this.#streams > 0 && Date.now() < deadline; ) await delay(10);
    for (const session of this.#sessions) session.destroy();
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    this.#streams++;
    stream.on('error', () => {});
    try {
      const path = headers[':path']?.replace(/\?.*$/, '');
      if (path === HEALTH_PATH) respond(stream, this.#health());
      else {
        const startedAt = performance.now();
        const answer = await this.#answer(stream, headers, path);
        respond(stream, answer);
        this.#options.onAnswer(answer, performance.now() - startedAt);
      }
    } catch (error) {
      this.#options.onError(error);
      respond(stream, problem(500, 'Internal Server Error', 'refused'));
    } finally {
      this.#streams--;
    }
  }

  #health(): Pick<NbspAnswer, 'status' | 'headers' | 'body'> {
    const status = this.#options.isReady() ? 200 : 503;
    return { status, headers: { 'cache-control': 'no-store' }, body: new Uint8Array() };
  }

  async #answer(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    path: string | undefined,
  ): Promise<NbspAnswer> {
    // Never 404, which is a NAF's word for a B-TID that the BSF does not know.
    if (path !== BOOTSTRAPPING_INFO_PATH)
      return problem(400, 'Not a resource of this service', 'bad-request', { cause: 'INVALID_API' });
    if (headers[':method'] !== 'POST')
      return problem(405, 'Method Not Allowed', 'bad-request', { headers: { allow: 'POST' } });
    if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
      return problem(415, 'Unsupported Media Type', 'bad-request');
    const body = await bodyOf(stream);
    if (body === 'too-large') return problem(413, 'Content Too Large', 'bad-request');
    if (body === 'incomplete') return problem(400, 'Bad Request', 'bad-request');
    return this.#options.answer(body);
  }
}

/** Reads a body of at most 16 KiB that comes within 5 s. */
function bodyOf(stream: ServerHttp2Stream): Promise<Uint8Array | 'too-large' | 'incomplete'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => resolve('incomplete'), BODY_TIMEOUT_MS);
    const end = (body: Uint8Array | 'too-large' | 'incomplete') => {
      clearTimeout(timer);
      resolve(body);
    };
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY) {
        chunks.length = 0;
        end('too-large');
      } else chunks.push(chunk);
    });
    stream.on('end', () => end(Buffer.concat(chunks)));
    stream.on('close', () => end('incomplete'));
  });
}

function respond(
  stream: ServerHttp2Stream,
  { status, headers, body }: Pick<NbspAnswer, 'status' | 'headers' | 'body'>,
): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({ ...headers, ':status': status });
  stream.end(Buffer.from(body));
}
