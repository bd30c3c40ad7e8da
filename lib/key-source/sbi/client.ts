import { SbiError } from './errors.ts';
import { LostError, type SbiRequest, type SbiResponse, SbiSession, type TlsCredentials } from './session.ts';

/** A request to a network function that may be repeated: an absolute URL in place of a path. */
export interface SbiCall extends Omit<SbiRequest, 'path'> {
  readonly url: URL;
}

/** What all requests of a client have in common. */
export interface SbiClientOptions {
  /** Names the NF type of the client (TS 29.500 §5.2.2), such as `AF-bmsc.home1.net`. */
  readonly userAgent: string;
  readonly tls?: TlsCredentials;
  /** For one request with all that it needs, in ms. */
  readonly timeoutMs: number;
}

/** 307 and 308 repeat method and body at another place (TS 29.500 §6.10.9). */
const REDIRECTS: readonly number[] = [307, 308];

/** Connections that are kept at most: redirections could lead to any number of places. */
const MAX_SESSIONS = 64;

/**
 * Sends requests to network functions over HTTP/2, with one connection to each, which it keeps (TS 29.500
 * §5.2). A request whose kept connection turns out to be lost is sent once more over a new one.
 *
 * One redirection is followed, never from https to http. Its access token, which is for all network functions
 * of a kind, goes along to the same origin, and to another one over https, which shows that it belongs to the
 * network; not in cleartext.
 */
export class SbiClient {
  readonly #options: SbiClientOptions;
  readonly #sessions = new Map<string, SbiSession>();
  #isClosed = false;

  constructor(options: SbiClientOptions) {
    this.#options = options;
  }

  /**
   * @returns the answer, whatever its status
   * @throws SbiError `timeout`, `no-connection`, `connection-lost`, `too-large`, `bad-redirect`,
   * `wrong-credentials`, `closed`
   */
  async call(call: SbiCall): Promise<SbiResponse> {
    const { timeoutMs } = this.#options;
    const timeout = new AbortController();
    const timer = setTimeout(
      () => timeout.abort(new SbiError('timeout', `no answer from ${call.url.host} in ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      const response = await this.#sendOnce(call, timeout.signal);
      if (!REDIRECTS.includes(response.status)) return response;
      const redirected = redirectedCall(call, response);
      const again = await this.#sendOnce(redirected, timeout.signal);
      if (!REDIRECTS.includes(again.status)) return again;
      throw new SbiError('bad-redirect', `${redirected.url.host} redirects again`);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  /** Sends over the kept connection; over a new one if that turns out to be lost. */
  async #sendOnce({ url, ...call }: SbiCall, signal: AbortSignal): Promise<SbiResponse> {
    const request = {
      ...call,
      path: url.pathname + url.search,
      headers: { ...call.headers, 'user-agent': this.#options.userAgent },
    };
    const kept = this.#sessions.get(url.origin);
    if (kept?.isUsable) {
      try {
        return await kept.send(request, signal);
      } catch (error) {
        if (!(error instanceof LostError)) throw error;
      }
    }
    return this.#sessionTo(url.origin).send(request, signal);
  }

  /** The kept connection if it is usable, a new one otherwise. */
  #sessionTo(origin: string): SbiSession {
    const kept = this.#sessions.get(origin);
    if (kept?.isUsable) return kept;
    if (this.#isClosed) throw new SbiError('closed', 'the client was closed');
    for (const [each, { isUsable }] of this.#sessions) if (!isUsable) this.#sessions.delete(each);
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= MAX_SESSIONS) {
      oldest[1].close();
      this.#sessions.delete(oldest[0]);
    }
    try {
      const session = new SbiSession(origin, this.#options.tls);
      this.#sessions.set(origin, session);
      return session;
    } catch (cause) {
      throw new SbiError('wrong-credentials', 'certificate, key or CA are not what OpenSSL takes', { cause });
    }
  }
}

/** @throws SbiError `bad-redirect` */
function redirectedCall(call: SbiCall, { headers }: SbiResponse): SbiCall {
  const { url: from } = call;
  const location = headers.location;
  const isUrl = location !== undefined && URL.canParse(location, from.href);
  const url = isUrl ? new URL(location, from) : undefined;
  if (url === undefined || !(url.protocol === from.protocol || url.protocol === 'https:'))
    throw new SbiError('bad-redirect', `${from.host} redirects to no place that may be used`);
  if (url.origin === from.origin || url.protocol === 'https:') return { ...call, url };
  const { authorization: _, ...withoutToken } = call.headers;
  return { ...call, url, headers: withoutToken };
}
