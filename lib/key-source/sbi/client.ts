import { SbiError } from './errors.ts';
import {
  type SbiRequest,
  type SbiResponse,
  SbiSession,
  type TlsCredentials,
  UnprocessedError,
} from './session.ts';

/** A request to a network function: an absolute URL in place of a path. */
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

/**
 * Sends requests to network functions over HTTP/2, with one connection to each, which it keeps (TS 29.500
 * §5.2). A request that its peer has not seen, because the connection ended meanwhile, is sent once more over
 * a new one. One redirection is followed, never from https to http.
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
   * @throws SbiError `timeout`, `no-connection`, `connection-lost`, `too-large`, `bad-redirect`, `closed`
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
      const url = redirectionOf(call.url, response);
      const again = await this.#sendOnce({ ...call, url }, timeout.signal);
      if (!REDIRECTS.includes(again.status)) return again;
      throw new SbiError('bad-redirect', `${url.host} redirects again`);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  /** Sends over the kept connection; over a new one if the peer turns out not to have seen the request. */
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
        if (!(error instanceof UnprocessedError)) throw error;
      }
    }
    return this.#openSession(url.origin).send(request, signal);
  }

  #openSession(origin: string): SbiSession {
    if (this.#isClosed) throw new SbiError('closed', 'the client was closed');
    const session = new SbiSession(origin, this.#options.tls);
    this.#sessions.set(origin, session);
    return session;
  }
}

/** @throws SbiError `bad-redirect` */
function redirectionOf(from: URL, { headers }: SbiResponse): URL {
  const location = headers.location;
  const isUrl = location !== undefined && URL.canParse(location, from.href);
  const to = isUrl ? new URL(location, from) : undefined;
  if (to === undefined || !(to.protocol === from.protocol || to.protocol === 'https:'))
    throw new SbiError('bad-redirect', `${from.host} redirects to no place that may be used`);
  return to;
}
