import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestPasswordOf } from '../../../lib/gba/mbms-keys.ts';
import {
  formatAuthenticationInfo,
  formatChallenge,
  isResponseCorrect,
  parseAuthorization,
} from '../../../lib/http-digest/index.ts';
import type { SecretKey } from '../../../lib/keys/secret-key.ts';

/** Finds the MRK of a B-TID; undefined when the UE is to bootstrap again. */
export type FindMrk = (btid: string) => Promise<SecretKey | undefined>;

/** The Key Request function in a few lines: it authenticates requests and grants all of them. */
export class TestBmsc {
  /** The B-TIDs of the requests that had credentials, and whether they were accepted. */
  readonly requests: { readonly btid: string; readonly isAccepted: boolean }[] = [];
  findMrk: FindMrk;
  readonly #nafFqdn: string;
  readonly #server: Server;
  #nonces = 0;

  private constructor(nafFqdn: string, findMrk: FindMrk) {
    this.#nafFqdn = nafFqdn;
    this.findMrk = findMrk;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(nafFqdn: string, findMrk: FindMrk): Promise<TestBmsc> {
    const bmsc = new TestBmsc(nafFqdn, findMrk);
    await new Promise<void>((resolve) => bmsc.#server.listen(0, '127.0.0.1', resolve));
    return bmsc;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keymanagement`);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization: header } = request.headers;
    if (header === undefined) return this.#challenge(response);
    const authorization = parseAuthorization(header);
    const mrk = await this.findMrk(authorization.username);
    const password = mrk && digestPasswordOf(mrk);
    const input = { authorization, method: 'POST', entityBody: Buffer.concat(chunks) };
    const isAccepted = password !== undefined && isResponseCorrect({ ...input, password });
    this.requests.push({ btid: authorization.username, isAccepted });
    if (!isAccepted) return this.#challenge(response);
    const info = formatAuthenticationInfo({ authorization, password, entityBody: new Uint8Array() });
    response.writeHead(200, { 'authentication-info': info, 'content-length': 0 }).end();
  }

  #challenge(response: ServerResponse): void {
    this.#nonces += 1;
    const header = formatChallenge({
      realm: `3GPP-bootstrapping@${this.#nafFqdn}`,
      nonce: `nonce${this.#nonces}`,
      qop: ['auth-int'],
      algorithm: 'MD5',
      stale: false,
    });
    response.writeHead(401, { 'www-authenticate': header, 'content-length': 0 }).end();
  }
}
