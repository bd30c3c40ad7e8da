import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { UeError } from './errors.ts';

/** An answer to a request. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Sends a POST whose request target is exactly the path and query of `url`. */
export type HttpPost = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<HttpAnswer>;

/** Sends a GET whose request target is exactly the path and query of `url`. */
export type HttpGet = (url: URL, headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>;

/** The server must answer within this time, in ms. */
const TIMEOUT_MS = 10_000;

/** A longer answer is refused, in octets. */
const MAX_ANSWER_LENGTH = 1_000_000;

/** POST over HTTP/1.1 (TS 33.246 §G.2.3), http or https. @throws UeError `no-answer` */
export const httpPost: HttpPost = (url, headers, body) => exchange('POST', url, headers, body);

/** GET over HTTP/1.1, http or https. @throws UeError `no-answer` */
export const httpGet: HttpGet = (url, headers) => exchange('GET', url, headers, '');

function exchange(
  method: 'GET' | 'POST',
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(new UeError('no-answer', `${url.origin} did not answer: ${cause.message}`, { cause }));
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = {
      method,
      timeout: TIMEOUT_MS,
      ...addressOf(url),
      headers: { host: url.host, ...headers },
    };
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER_LENGTH) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    request.on('error', fail);
    request.end(body);
  });
}

/**
 * A name under `localhost` is this machine, whatever DNS says (RFC 6761 §6.3); emulators name their APIs so.
 */
function addressOf({ hostname }: URL): { hostname?: string } {
  return hostname.endsWith('.localhost') ? { hostname: '127.0.0.1' } : {};
}
