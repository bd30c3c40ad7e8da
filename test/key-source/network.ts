import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A request that a test's network function has got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export type Answer = (stream: ServerHttp2Stream, received: Received) => void;

/** A network function on a real HTTP/2 server, which answers as the test says. */
export class TestNetworkFunction {
  readonly received: Received[] = [];
  /** Every session that was opened. */
  readonly sessions: ServerHttp2Session[] = [];
  answer: Answer;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #isTls: boolean;

  private constructor(server: Http2Server | Http2SecureServer, isTls: boolean, answer: Answer) {
    this.#server = server;
    this.#isTls = isTls;
    this.answer = answer;
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.push(session);
      session.on('error', () => undefined);
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.aborted || stream.destroyed) return;
        const received = {
          method: headers[':method'] ?? '',
          path: headers[':path'] ?? '',
          headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        this.received.push(received);
        this.answer(stream, received);
      });
    });
  }

  static async start(answer: Answer, tls?: SecureServerOptions, port = 0): Promise<TestNetworkFunction> {
    const server = tls === undefined ? createServer() : createSecureServer(tls);
    const started = new TestNetworkFunction(server, tls !== undefined, answer);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get apiRoot(): string {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with a status and a JSON body. */
export function answerJson(
  stream: ServerHttp2Stream,
  status: number,
  value?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  stream.respond({ ':status': status, 'content-type': 'application/json', ...headers });
  stream.end(value === undefined ? undefined : JSON.stringify(value));
}
