import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as v from 'valibot';
import { CliError } from '../errors.ts';
import { Access } from './access.ts';
import { errorAnswer } from './errors.ts';
import { refusalOf, SECURITY_HEADERS, SESSION_PATH } from './guards.ts';
import { findRoute, type Route } from './routes.ts';
import { staticFile } from './static-files.ts';

/** How the console is served. */
export interface ConsoleOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly isReadOnly: boolean;
}

const HOST = '127.0.0.1';
/** The most octets of a request's body: 500 IMPIs of the longest kind have fewer. */
const MAX_BODY_OCTETS = 256 * 1024;

const linkSchema = v.object({ token: v.pipe(v.string(), v.maxLength(256)) });

/** The console's HTTP server: the page's files, and a JSON API behind the guards. Loopback only. */
export class ConsoleServer {
  readonly #server: Server;
  readonly #routes: readonly Route[];
  readonly #isReadOnly: boolean;
  readonly #access = new Access();

  private constructor(server: Server, routes: readonly Route[], isReadOnly: boolean) {
    this.#server = server;
    this.#routes = routes;
    this.#isReadOnly = isReadOnly;
  }

  /** @throws CliError when the port is taken */
  static async listen(
    routes: readonly Route[],
    { port, isReadOnly }: ConsoleOptions,
  ): Promise<ConsoleServer> {
    const server = createServer();
    const served = new ConsoleServer(server, routes, isReadOnly);
    server.on('request', (request, response) => void served.#answer(request, response));
    server.listen(port, HOST);
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw new CliError(`can't listen on port ${port} of ${HOST}: is it taken?`, { cause });
    }
    return served;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /**
   * A link that opens the console once, for one browser; the link before it is void. The token stands in the
   * fragment, which a browser sends to nobody.
   */
  newLink(): string {
    return `http://${HOST}:${this.port}/#link=${this.#access.newLink()}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const [path = '', query = ''] = url.split('?', 2);
    const refusal = refusalOf(
      { method, path, headers },
      {
        port: this.port,
        isReadOnly: this.#isReadOnly,
        isSession: (token) => this.#access.isSession(token),
      },
    );
    if (refusal !== undefined) {
      const { status, code, message } = refusal;
      return sendJson(response, status, { error: { code, message } });
    }
    if (path.startsWith('/api/')) return this.#answerApi(request, response, path, query);
    const file = method === 'GET' ? await staticFile(path) : undefined;
    if (file === undefined) return sendJson(response, 404, NOT_FOUND);
    response.writeHead(200, { ...SECURITY_HEADERS, 'Content-Type': file.contentType }).end(file.octets);
  }

  async #answerApi(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<void> {
    const { method = '' } = request;
    try {
      const body = method === 'POST' ? await jsonOf(request) : undefined;
      if (body === UNREADABLE)
        return sendJson(response, 400, { error: { code: 'bad-body', message: 'the body is not JSON' } });
      if (path === SESSION_PATH) return this.#openSession(response, body);
      const found = findRoute(this.#routes, method, path);
      if (found === undefined) return sendJson(response, 404, NOT_FOUND);
      const { handler, params } = found;
      sendJson(response, 200, await handler({ params, query: new URLSearchParams(query), body }));
    } catch (error) {
      const { status, error: told } = errorAnswer(error);
      sendJson(response, status, { error: told });
    }
  }

  #openSession(response: ServerResponse, body: unknown): void {
    const link = v.safeParse(linkSchema, body);
    const session = link.success ? this.#access.open(link.output.token) : undefined;
    if (session === undefined) {
      const message = 'this link is used up: press Enter where `bmsc console` runs, and open the new one';
      sendJson(response, 403, { error: { code: 'used-link', message } });
    } else sendJson(response, 200, { session, isReadOnly: this.#isReadOnly });
  }
}

const NOT_FOUND = { error: { code: 'not-found', message: 'there is nothing at this address' } };
/** What a body is that is too long, or no JSON, or declared as something else. */
const UNREADABLE = Symbol('unreadable');

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  if (request.headers['content-type'] !== 'application/json') return UNREADABLE;
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    octets += buffer.length;
    if (octets > MAX_BODY_OCTETS) return UNREADABLE;
    chunks.push(buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return UNREADABLE;
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { ...SECURITY_HEADERS, 'Content-Type': 'application/json; charset=utf-8' });
  response.end(text);
}
