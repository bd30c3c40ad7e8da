import { createServer, type IncomingMessage } from 'node:http';

/** Invokes the function behind a gateway. */
export type Invoke = (event: unknown) => Promise<unknown>;

/** A request as received over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** In their order, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly peer: { readonly address: string; readonly port: number };
}

/** An answer as sent over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A gateway that listens on loopback. */
export interface Gateway {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A function's result, in all forms that gateways accept. */
export interface FunctionResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** Serves `answer` on a free port of loopback. */
export async function serve(answer: (request: WireRequest) => Promise<WireAnswer>): Promise<Gateway> {
  const server = createServer((incoming, response) => {
    const respond = async () => {
      const { status, headers, body } = await answer(await wireRequest(incoming));
      response.writeHead(status, headers.flat());
      response.end(body);
    };
    respond().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Octets of a result's body. */
export function bodyOf({ body = '', isBase64Encoded = false }: FunctionResult): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** Values of a header by its name in any case, joined by commas; undefined where there is none. */
export function header({ headers }: WireRequest | WireAnswer, name: string): string | undefined {
  const values = headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(',');
}

/** Maps each name, formed by `nameOf`, to all its values. */
export function lists(
  pairs: readonly (readonly [string, string])[],
  nameOf = (name: string) => name,
): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of pairs) found[nameOf(name)] = [...(found[nameOf(name)] ?? []), value];
  return found;
}

/** Maps each name to its last value. */
export function lasts(of: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([name, values]) => [name, values.at(-1) ?? '']));
}

/** Pairs of a query, still encoded. */
export function queryPairs(query: string): [string, string][] {
  const parts = query.split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const [name = '', ...value] = part.split('=');
    return [name, value.join('=')];
  });
}

async function wireRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  const raw = incoming.rawHeaders;
  return {
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [])),
    body: Buffer.concat(chunks),
    peer: { address: incoming.socket.remoteAddress ?? '', port: incoming.socket.remotePort ?? 0 },
  };
}
