import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { SbiError } from './errors.ts';

/** PEM texts: the client's certificate and key, and the certificate authority that it believes. */
export interface TlsCredentials {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

/** A request of one stream; `path` has the query. */
export interface SbiRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

/** An answer with its whole body. */
export interface SbiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Octets of an answer's body at most; keys and settings need about 1 kB. */
const MAX_BODY = 65_536;

/** A connection that was not used for so long is asked whether it still is one: Lambda may have slept. */
const IDLE_MS = 5000;
const PING_MS = 500;

const {
  HTTP2_HEADER_METHOD,
  HTTP2_HEADER_PATH,
  HTTP2_HEADER_STATUS,
  NGHTTP2_CANCEL,
  NGHTTP2_REFUSED_STREAM,
} = constants;

/**
 * One HTTP/2 connection to a network function (TS 29.500 §5.2), over TLS or in cleartext with prior
 * knowledge. It never keeps a process alive. When it is not usable any more, its owner opens another one.
 */
export class SbiSession {
  readonly #session: ClientHttp2Session;
  #isUsable = true;
  #isConnected = false;
  #usedAt: number;
  #cause: Error | undefined;

  /** @param origin such as `https://bsf.example.net:8443` */
  constructor(origin: string, tls: TlsCredentials = {}) {
    const { certificate: cert, key, ca } = tls;
    this.#session = connect(origin, {
      settings: { enablePush: false },
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
    });
    this.#usedAt = performance.now();
    this.#session.on('connect', () => (this.#isConnected = true));
    this.#session.on('error', (error: Error) => this.#drop(error));
    this.#session.on('goaway', () => this.#drop());
    this.#session.on('close', () => this.#drop());
    this.#session.unref();
  }

  /** Whether new requests may use it. Streams that are open end as they would. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /**
   * Sends a request.
   * @param signal ends it, with its reason
   * @throws SbiError `no-connection`, `connection-lost`, `too-large`; UnprocessedError when the peer has not
   * seen the request
   */
  async send(request: SbiRequest, signal: AbortSignal): Promise<SbiResponse> {
    await this.#checkIdle();
    this.#usedAt = performance.now();
    signal.throwIfAborted();
    return new Promise<SbiResponse>((resolve, reject) => this.#open(request, signal, resolve, reject));
  }

  close(): void {
    this.#drop();
    this.#session.destroy();
  }

  #drop(cause?: Error): void {
    this.#isUsable = false;
    this.#cause ??= cause;
  }

  async #checkIdle(): Promise<void> {
    if (performance.now() - this.#usedAt < IDLE_MS) return;
    const isAlive = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PING_MS);
      const isSent =
        !this.#session.destroyed &&
        this.#session.ping((error) => {
          clearTimeout(timer);
          resolve(error === null);
        });
      if (!isSent) resolve(false);
    });
    if (isAlive) return;
    this.close();
    throw new UnprocessedError('connection-lost', 'the connection does not answer a ping');
  }

  #open(
    { method, path, headers, body }: SbiRequest,
    signal: AbortSignal,
    resolve: (response: SbiResponse) => void,
    reject: (error: unknown) => void,
  ): void {
    if (this.#session.destroyed || this.#session.closed) {
      reject(this.#lost());
      return;
    }
    const stream = this.#session.request({
      ...headers,
      [HTTP2_HEADER_METHOD]: method,
      [HTTP2_HEADER_PATH]: path,
    });
    const chunks: Buffer[] = [];
    let length = 0;
    let answered: IncomingHttpHeaders | undefined;
    const abort = () => {
      stream.close(NGHTTP2_CANCEL);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    stream.on('response', (received) => (answered = received));
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= MAX_BODY) return;
      stream.close(NGHTTP2_CANCEL);
      reject(new SbiError('too-large', `the answer has more than ${MAX_BODY} octets`));
    });
    stream.on('error', () => undefined); // 'close' follows, and says the same.
    stream.on('close', () => {
      signal.removeEventListener('abort', abort);
      const isWhole = stream.rstCode === constants.NGHTTP2_NO_ERROR && answered !== undefined;
      if (!isWhole) reject(this.#lost(stream.rstCode === NGHTTP2_REFUSED_STREAM));
      else
        resolve({
          status: Number(answered?.[HTTP2_HEADER_STATUS]),
          headers: answered ?? {},
          body: Buffer.concat(chunks),
        });
    });
    stream.end(body === undefined ? undefined : Buffer.from(body));
  }

  #lost(isRefused = false): SbiError {
    const cause = this.#cause === undefined ? {} : { cause: this.#cause };
    if (!this.#isConnected) return new SbiError('no-connection', 'no connection could be made', cause);
    return isRefused
      ? new UnprocessedError('connection-lost', 'the peer refused the stream', cause)
      : new SbiError('connection-lost', 'the connection or the stream was closed', cause);
  }
}

/** The peer has not seen the request: it may be sent again (RFC 9113 §8.7). */
export class UnprocessedError extends SbiError {}
