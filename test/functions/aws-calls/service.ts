import { createServer, type IncomingHttpHeaders } from 'node:http';

/** A request as it came over the socket. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the service does with a request. */
export type Reaction =
  | { readonly kind: 'answer'; readonly status?: number; readonly body: unknown; readonly headers?: Headers }
  /** The socket is closed in the middle of the answer. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'silence' };

type Headers = Readonly<Record<string, string>>;

/** A stand-in for a service of AWS that does what a test says, and keeps what came. */
export interface Service {
  readonly url: string;
  readonly received: Received[];
  /** From now on; the last reaction stays. */
  readonly react: (...reactions: readonly Reaction[]) => void;
  readonly close: () => Promise<void>;
}

/** Listens on loopback. */
export async function startService(): Promise<Service> {
  let due: readonly Reaction[] = [];
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    const [reaction, ...later] = due;
    if (later.length > 0) due = later;
    if (reaction?.kind === 'cut') {
      response.writeHead(200, { 'content-length': '100' }).write('{"Item":');
      setTimeout(() => request.socket.destroy(), 5);
    } else if (reaction?.kind === 'answer') {
      const { status = 200, body, headers = {} } = reaction;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers }).end(text);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`,
    received,
    react: (...reactions) => {
      due = reactions;
      received.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
