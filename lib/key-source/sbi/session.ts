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
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
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

/**
 * A connection that was not used for so long is asked whether it still is one: Lambda may have slept. By the
 * clock of the day, because the other one may have slept, too.
 */
const IDLE_MS = 5000;
const PING_MS = 500;

const {
  HTTP2_HEADER_METHOD,
  HTTP2_HEADER_PATH,
  HTTP2_HEADER_STATUS,
  NGHTTP2_CANCEL,
  NGHTTP2_NO_ERROR,
  NGHTTP2_REFUSED_STREAM,
} = constants;

/**
 * One HTTP/2 connection to a network function (TS 29.500 §5.2), over TLS or in cleartext with prior
 * knowledge. It never keeps a process alive. When it is not usable any more, its owner opens another one: so
 * it is after a GOAWAY, and after a request without an answer in time, because the peer may be gone without a
 * word. Requests that are in progress then end as they would.
 */
export class SbiSession {
  readonly #session: ClientHttp2Session;
  #isUsable = true;
  #isConnected = false;
  #inProgress = 0;
  #usedAt: number;
  #cause: Error | undefined;
  #pinging: Promise<boolean> | undefined;

  /**
   * @param origin such as `https://bsf.example.net:8443`
   * @throws the errors of OpenSSL for credentials that are none
   */
  constructor(origin: string, tls: TlsCredentials = {}) {
    const { certificate: cert, key, ca } = tls;
    this.#session = connect(origin, {
      settings: { enablePush: false },
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
    });
    this.#usedAt = Date.now();
    this.#session.on('connect', () => (this.#isConnected = true));
    this.#session.on('error', (error: Error) => this.#drop(error));
    this.#session.on('goaway', () => this.#drop());
    this.#session.on('close', () => this.#drop());
    this.#session.unref();
  }

  /** Whether new requests may use it. */
  get isUsable(): boolean {
    return this.#isUsable && !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * Sends a request.
   * @param signal ends it, with its reason
   * @throws SbiError `no-connection`, `connection-lost`, `too-large`; LostError when another connection may
   * bring the answer
   */
  async send(request: SbiRequest, signal: AbortSignal): Promise<SbiResponse> {
    this.#inProgress += 1;
    try {
      await this.#checkIdle();
      this.#usedAt = Date.now();
      signal.throwIfAborted();
      return await new Promise<SbiResponse>((resolve, reject) =>
        this.#open(request, signal, resolve, reject),
      );
    } finally {
      this.#inProgress -= 1;
      if (signal.aborted) this.#drop();
      if (!this.isUsable && this.#inProgress === 0) this.#session.destroy();
    }
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
    const idleMs = Date.now() - this.#usedAt;
    if (idleMs >= 0 && idleMs < IDLE_MS) return;
    // Node sends only ten pings at the same time, and one is enough for all questions.
    this.#pinging ??= this.#answersPing().finally(() => {
      this.#pinging = undefined;
    });
    const isAlive = await this.#pinging;
    if (isAlive) return;
    this.close();
    throw new LostError('connection-lost', 'the connection does not answer a ping');
  }

  #answersPing(): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PING_MS);
      const isSent =
        !this.#session.destroyed &&
        this.#session.ping((error) => {
          clearTimeout(timer);
          resolve(error === null);
        });
      if (!isSent) resolve(false);
    });
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
    let isWhole = false;
    const abort = () => {
      stream.close(NGHTTP2_CANCEL);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    stream.on('response', (received) => (answered = received));
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY) return void chunks.push(chunk);
      stream.close(NGHTTP2_CANCEL);
      reject(new SbiError('too-large', `the answer has more than ${MAX_BODY} octets`));
    });
    stream.on('end', () => (isWhole = stream.rstCode === NGHTTP2_NO_ERROR));
    stream.on('error', () => undefined); // 'close' follows, and says the same.
    stream.on('close', () => {
      signal.removeEventListener('abort', abort);
      if (!isWhole || answered === undefined) return reject(this.#lost(stream.rstCode));
      resolve({
        status: Number(answered[HTTP2_HEADER_STATUS]),
        headers: answered,
        body: Buffer.concat(chunks),
      });
    });
    stream.end(body === undefined ? undefined : Buffer.from(body));
  }

  /** The error of a request without a whole answer. */
  #lost(rstCode?: number): SbiError {
    const cause = this.#cause === undefined ? {} : { cause: this.#cause };
    if (!this.#isConnected) return new SbiError('no-connection', 'no connection could be made', cause);
    if (rstCode === NGHTTP2_REFUSED_STREAM)
      return new LostError('connection-lost', 'the peer refused the stream', cause);
    if (this.#session.destroyed || this.#session.closed)
      return new LostError('connection-lost', 'the connection was closed', cause);
    return new SbiError('connection-lost', 'the peer closed the stream', cause);
  }
}

/**
 * The request may be sent again over another connection: the peer refused it (RFC 9113 §8.7), or the
 * connection was lost, which the peer may have closed before it read the request.
 */
export class LostError extends SbiError {}
