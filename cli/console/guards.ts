import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is refused, or undefined when it passes. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** What the guards look at. */
export interface GuardedRequest {
  readonly method: string;
  /** The path without the query, as it was sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the guards know of the console. */
export interface GuardedConsole {
  /** The port that it listens on. */
  readonly port: number;
  readonly isReadOnly: boolean;
  readonly isSession: (token: string) => boolean;
}

/** The path that exchanges a link for a session: the only one of the API that needs no session. */
export const SESSION_PATH = '/api/session';

/**
 * The page comes from here alone: no script in the document, no other host, no frame around it, and no text
 * becomes markup but through the templates of lit-html.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** The headers of every answer. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

/**
 * Refuses what does not come from the console's own page: a name that another site's DNS points here (Host),
 * another site's page (Origin, Sec-Fetch-Site), and whoever has no session. A browser adds `Authorization` to
 * no request by itself, and another origin's page may not: no site can act with an operator's session.
 */
export function refusalOf(request: GuardedRequest, guarded: GuardedConsole): Refusal | undefined {
  const { method, path, headers } = request;
  const hosts = hostsOf(guarded.port);
  if (headers.host === undefined || !hosts.includes(headers.host))
    return refusal(421, 'wrong-host', `the console answers to ${hosts.join(' and ')} only`);
  if (method !== 'GET' && method !== 'POST')
    return refusal(405, 'wrong-method', 'the console takes GET and POST');
  const isOwn = headers.origin === undefined ? method === 'GET' : headers.origin === `http://${headers.host}`;
  const site = headers['sec-fetch-site'];
  if (!isOwn || !isOwnSite(site, path))
    return refusal(403, 'wrong-origin', 'the request comes from another site');
  if (!path.startsWith('/api/') || (path === SESSION_PATH && method === 'POST')) return undefined;
  const [, token = ''] = /^Bearer (\S{1,256})$/.exec(headers.authorization ?? '') ?? [];
  if (!guarded.isSession(token))
    return refusal(401, 'no-session', 'open the link that `bmsc console` has printed');
  if (guarded.isReadOnly && method === 'POST')
    return refusal(403, 'read-only', 'this console was started with --read-only');
  return undefined;
}

/** Another site may link to the page, and to nothing else. */
function isOwnSite(site: string | string[] | undefined, path: string): boolean {
  return site === undefined || site === 'same-origin' || site === 'none' || path === '/';
}

function hostsOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

function refusal(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}
