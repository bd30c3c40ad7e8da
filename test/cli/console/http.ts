import { type IncomingMessage, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import * as v from 'valibot';
import type { Route } from '../../../cli/console/routes.ts';
import { type ConsoleOptions, ConsoleServer } from '../../../cli/console/server.ts';

/** An answer of the console. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** What the text says as JSON, of what the tests look at. */
  readonly json: v.InferOutput<typeof answerSchema>;
}

const answerSchema = v.fallback(
  v.object({
    error: v.optional(v.object({ code: v.string() })),
    got: v.optional(v.unknown()),
    session: v.optional(v.string()),
    isReadOnly: v.optional(v.boolean()),
  }),
  {},
);

/** Routes that show what arrives behind the guards. */
const ROUTES: readonly Route[] = [
  ['GET', '/api/echo/:text', async ({ params }) => ({ got: params.text })],
  ['POST', '/api/echo', async ({ body }) => ({ got: body })],
  ['GET', '/api/broken', () => Promise.reject(new Error('the table is away'))],
];

/** A console on a free port. */
export function openConsole(
  options: Partial<ConsoleOptions> = {},
  routes: readonly Route[] = ROUTES,
): Promise<ConsoleServer> {
  return ConsoleServer.listen(routes, { port: 0, isReadOnly: false, ...options });
}

/** A new session, as the page opens one. */
export async function sessionOf(served: ConsoleServer): Promise<string> {
  const [, token] = served.newLink().split('#link=');
  const { json } = await send(served, 'POST', '/api/session', { body: { token } });
  return json.session ?? '';
}

/** Sends octets as they are, also a path and headers that a browser would mend. */
export async function send(
  { port }: ConsoleServer,
  method: string,
  path: string,
  about: {
    readonly session?: string;
    readonly headers?: Readonly<Record<string, string | undefined>>;
    readonly body?: unknown;
  } = {},
): Promise<Answer> {
  const ownHeaders = {
    ...(about.session === undefined ? {} : { authorization: `Bearer ${about.session}` }),
    ...(method === 'POST' ? { origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json' } : {}),
  };
  const headers = Object.fromEntries(
    Object.entries({ ...ownHeaders, ...about.headers }).filter(([, value]) => value !== undefined),
  );
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  sent.end(about.body === undefined ? undefined : JSON.stringify(about.body));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
  const text = await textOf(answer);
  return { status: answer.statusCode, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text: string): Answer['json'] {
  try {
    return v.parse(answerSchema, JSON.parse(text));
  } catch {
    return {};
  }
}
